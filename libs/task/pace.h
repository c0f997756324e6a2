// When a lane looks whether it has something to commit (protocol 2.1): every interval, which
// doubles, up to 2 s, while commits take more than 30 % of it, and comes down again when they take
// less than a tenth. Pure. Thread: owned by one task thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tidemark {

class Pace {
 public:
  // Up to which the interval is stretched; a longer one that was asked for stays.
  static constexpr Duration kLongest{2'000};

  explicit Pace(Duration base) : base_(base), interval_(base) {}

  void Start(MonotonicTime now) { next_ = now + interval_; }
  bool Due(MonotonicTime now) const { return now >= next_; }
  // Looked for something to commit, found or not.
  void Looked(MonotonicTime now) { next_ = now + interval_; }
  void Began(MonotonicTime now) { began_ = now; }
  void Ended(MonotonicTime now) {
    const Duration took = now - began_;
    if (took * 10 > interval_ * 3) {
      interval_ = std::max(base_, std::min(interval_ * 2, kLongest));
    } else if (took * 10 < interval_) {
      interval_ = std::max(base_, interval_ / 2);
    }
    next_ = std::max(next_, began_ + interval_);
  }
  Duration interval() const { return interval_; }

 private:
  Duration base_;
  Duration interval_;
  MonotonicTime next_;
  MonotonicTime began_;
};

// The interval at which all lanes of a pipeline together write at most `budget` frames a second:
// each writes one to every merge. At least `wanted`; not stretched beyond Pace::kLongest, so what
// needs more is over budget. REQUIRES: budget > 0.
inline Duration WithinFrameBudget(Duration wanted, std::uint64_t lanes, std::uint64_t merges,
                                  std::uint64_t budget) {
  const std::uint64_t least = (lanes * merges * 1'000 + budget - 1) / budget;
  return std::max(wanted, std::min(Duration(static_cast<std::int64_t>(least)), Pace::kLongest));
}

}  // namespace tidemark
