#include "base/clock.h"

namespace tidemark {

MonotonicTime SteadyClock::Now() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return MonotonicTime(std::chrono::duration_cast<Duration>(since).count());
}

}  // namespace tidemark
