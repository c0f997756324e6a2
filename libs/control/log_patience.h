// Repeats a call on the log until it answers for good: for threads that may wait.
#pragma once

#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/text.h"
#include "log/log.h"

namespace tidemark {

inline constexpr Duration kLogCall{50};

// `call` answers a LogResult<T>. Pending and retriable answers are asked for again until
// `deadline`, then UNAVAILABLE saying what was being done; any other answer is returned as it is.
template <class T, class Call>
LogResult<T> Insist(const Clock& clock, MonotonicTime deadline, Call call) {
  while (true) {
    LogResult<T> result = call();
    const bool again = result.error == LogError::kPending || result.error == LogError::kRetriable;
    if (!again || clock.Now() >= deadline) return result;
  }
}

template <class T>
Status StatusOf(const LogResult<T>& result, const std::string& doing) {
  if (result.ok()) return {};
  const bool away = result.error == LogError::kPending || result.error == LogError::kRetriable;
  const std::string message = StrCat(doing, ": ", LogErrorName(result.error), ": ", result.message);
  return away ? Status::Unavailable(message) : Status::FailedPrecondition(message);
}

}  // namespace tidemark
