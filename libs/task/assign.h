// What becomes of one event in one query (protocol 1.5, 1.8; contract 4 "start"): its slice, its
// late tag, and whether it is accepted, partly late, late, or withheld because all its windows
// begin before the pipeline's start.
//
// Windows that begin before the start are withheld: they are never published and take no part in
// lateness. Pure. Thread: owned by one task thread (it remembers the last slice).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "window/window.h"

namespace tidemark {

enum class Fate : std::uint8_t {
  kAccepted,
  kPartlyLate,  // accepted, but too late for some of its windows
  kLate,        // for every window that is not withheld
  kWithheld,    // every window is
};

struct AssignedSlice {
  std::int64_t slice_end = 0;
  std::int64_t tag = 0;  // 0 = on time
  Fate fate = Fate::kAccepted;
  friend bool operator==(const AssignedSlice&, const AssignedSlice&) = default;
};

class Assigner {
 public:
  // `start`: windows that begin before it are withheld; nullopt withholds none.
  Assigner(const WindowSpec& window, Duration allowed_lateness, std::optional<EventTime> start);

  // The fate of an event at `time`, judged with the watermark `before` its record (kNoWatermark:
  // none yet).
  AssignedSlice Assign(EventTime time, std::int64_t before) {
    if (IsCalm(time, before)) return {slice_end_, 0, Fate::kAccepted};
    return AssignRare(before);
  }
  // Whether it is simply accepted, on time, into the slice that ends at slice_end().
  bool IsCalm(EventTime time, std::int64_t before) {
    if (time.value() < slice_begin_ || time.value() >= slice_end_) Enter(time.value());
    return before < calm_until_;
  }
  std::int64_t slice_end() const { return slice_end_; }

  // The ends of the windows of an event that are not withheld, ascending.
  std::vector<std::int64_t> WindowEnds(EventTime time) const;
  // The time at which the last window of an event is final: its end + A.
  std::int64_t FinalAt(EventTime time) const {
    return math_.LastWindowEnd(time.value()) + math_.lateness;
  }
  const WindowMath& math() const { return math_; }

 private:
  // All that depends on the slice alone is kept, since the next event mostly falls into the same
  // slice.
  void Enter(std::int64_t time);
  AssignedSlice AssignRare(std::int64_t before) const;
  std::int64_t FirstOpenEnd(std::int64_t time) const;

  WindowMath math_;
  std::int64_t first_published_end_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t slice_begin_ = 0;
  std::int64_t slice_end_ = 0;
  std::int64_t first_end_ = 0;  // of the windows of this slice that are not withheld
  std::int64_t last_end_ = 0;
  // Before this watermark no event of this slice is withheld, late or tagged.
  std::int64_t calm_until_ = 0;
};

}  // namespace tidemark
