// Monotonic time, passed in everywhere: nothing semantic reads a wall clock, and tests own the
// clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark {

using Duration = std::chrono::milliseconds;

// Milliseconds since an arbitrary origin; never goes back. Only differences mean anything.
class MonotonicTime {
 public:
  constexpr MonotonicTime() = default;
  constexpr explicit MonotonicTime(std::int64_t ms) : ms_(ms) {}
  constexpr std::int64_t ms() const { return ms_; }
  friend constexpr auto operator<=>(MonotonicTime, MonotonicTime) = default;
  friend constexpr MonotonicTime operator+(MonotonicTime time, Duration by) {
    return MonotonicTime(time.ms_ + by.count());
  }
  friend constexpr Duration operator-(MonotonicTime a, MonotonicTime b) {
    return Duration(a.ms_ - b.ms_);
  }

 private:
  std::int64_t ms_ = 0;
};

// Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Now() const = 0;
};

// The machine's monotonic clock.
class SteadyClock final : public Clock {
 public:
  MonotonicTime Now() const override;
};

// Stands still until it is advanced.
class ManualClock final : public Clock {
 public:
  MonotonicTime Now() const override { return now_; }
  void Advance(Duration by) { now_ = now_ + by; }

 private:
  MonotonicTime now_;
};

}  // namespace tidemark
