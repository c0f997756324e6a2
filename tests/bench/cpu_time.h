#pragma once

#include <time.h>

namespace tidemark {

// CPU time of this thread, so that figures hold on a busy machine, too.
inline double CpuNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace tidemark
