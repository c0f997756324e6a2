// Time of one source partition (protocol 1.3, 1.4): which records are quarantined, and the
// watermark that judges each.
//
// Every element of a record is judged with W_s as it was before the record; then M_s = max(M_s,
// min(event time, record timestamp)) over its accepted elements, and W_s = max(W_s, M_s -
// max_out_of_orderness). The minimum with the record timestamp keeps one fast clock from pushing
// time. Elements without a valid event time never get here: they move nothing. Which queries read,
// filter or refuse an element is no matter here, so time depends on no query.
//
// Invariants: 1. W_s and M_s never decrease. 2. What is quarantined moves nothing.
// Pure. Thread: owned by one task thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "log/log.h"
#include "model/time.h"

namespace tidemark {

// What a partition's commit keeps of its time.
struct PartitionTime {
  std::optional<EventTime> largest;    // M_s
  std::optional<Watermark> watermark;  // W_s
  friend bool operator==(const PartitionTime&, const PartitionTime&) = default;
};

class Judge {
 public:
  struct Limits {
    Duration max_out_of_orderness{30'000};
    Duration max_future_skew{300'000};
    EventTime min_event_time = kMinEventTimeDefault;
  };

  Judge(const Limits& limits, PartitionTime time);

  // W_s before the record at hand, kNoWatermark if there is none yet. It stands still until
  // EndRecord.
  std::int64_t watermark() const { return watermark_; }

  // Opens a record. One without timestamp, or with a timestamp before min_event_time (seconds
  // written as milliseconds), has no guard and counts with its event times alone.
  void BeginRecord(std::int64_t timestamp_ms) {
    const bool guarded =
        timestamp_ms != RecordView::kNoTimestamp && timestamp_ms >= min_event_time_;
    timestamp_ = guarded ? timestamp_ms : kUnguarded;
    latest_ = guarded ? timestamp_ms + max_future_skew_ : kUnguarded;
  }
  // Judges one element of the record. False: it lies further in the future of the record's
  // timestamp than max_future_skew and is quarantined. REQUIRES: a valid event time.
  bool Accept(EventTime event_time) {
    if (event_time.value() > latest_) return false;
    largest_ = std::max(largest_, std::min(event_time.value(), timestamp_));
    return true;
  }
  // Closes the record: its accepted elements now move W_s.
  void EndRecord() {
    if (largest_ != kNoWatermark)
      watermark_ = std::max(watermark_, largest_ - max_out_of_orderness_);
  }

  // Moves W_s of an idle partition; a lower watermark changes nothing.
  void AdvanceTo(Watermark watermark) { watermark_ = std::max(watermark_, watermark.value()); }

  PartitionTime time() const;

 private:
  static constexpr std::int64_t kUnguarded = std::numeric_limits<std::int64_t>::max();

  std::int64_t max_out_of_orderness_;
  std::int64_t max_future_skew_;
  std::int64_t min_event_time_;
  std::int64_t largest_ = kNoWatermark;
  std::int64_t watermark_ = kNoWatermark;
  std::int64_t timestamp_ = kUnguarded;  // of the record at hand
  std::int64_t latest_ = kUnguarded;     // event times beyond it are quarantined
};

}  // namespace tidemark
