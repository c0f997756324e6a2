#include "log_kafka/fetch_memory.h"

#include <malloc.h>

namespace tidemark {

void KeepFetchMemory() {
  constexpr int kMapFrom = 64 << 20;
  constexpr int kTrimFrom = 256 << 20;
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, kTrimFrom);
}

}  // namespace tidemark
