// Broken invariants end the process, always, with the reason: a restart recovers from the last
// commit.
#pragma once

#include <string_view>

namespace tidemark {

// Logs "file:line: check failed: condition: why" and aborts.
[[noreturn]] void FailCheck(const char* file, int line, const char* condition,
                            std::string_view why);

}  // namespace tidemark

// TM_CHECK(queue.size() <= kLimit, "the queue is bounded by construction");
#define TM_CHECK(condition, why)                                  \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::tidemark::FailCheck(__FILE__, __LINE__, #condition, why); \
  } while (false)
