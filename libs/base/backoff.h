// When to try again after a failure outside: pauses that double from `first` to `longest`, none
// before the first one. Deterministic: without jitter, so that a seeded run replays.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace tidemark {

class Backoff {
 public:
  Backoff(Duration first, Duration longest) : first_(first), longest_(longest) {}

  bool Ready(MonotonicTime now) const { return now >= until_; }
  // Notes a failure: Ready() is false for the next pause.
  void Fail(MonotonicTime now) {
    pause_ = failures_ == 0 ? first_ : std::min(longest_, pause_ * 2);
    ++failures_;
    until_ = now + pause_;
  }
  void Reset() {
    failures_ = 0;
    until_ = MonotonicTime(std::numeric_limits<std::int64_t>::min());
  }
  int failures() const { return failures_; }
  // The one after the last failure.
  Duration pause() const { return pause_; }

 private:
  Duration first_;
  Duration longest_;
  Duration pause_{0};
  MonotonicTime until_{std::numeric_limits<std::int64_t>::min()};
  int failures_ = 0;
};

}  // namespace tidemark
