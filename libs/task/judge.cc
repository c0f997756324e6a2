#include "task/judge.h"

namespace tidemark {

Judge::Judge(const Limits& limits, PartitionTime time)
    : max_out_of_orderness_(limits.max_out_of_orderness.count()),
      max_future_skew_(limits.max_future_skew.count()),
      min_event_time_(limits.min_event_time.value()),
      watermark_(ToColumn(time.watermark)) {
  if (time.largest) largest_ = time.largest->value();
}

PartitionTime Judge::time() const {
  PartitionTime time;
  if (largest_ != kNoWatermark) time.largest = EventTime(largest_);
  time.watermark = FromColumn(watermark_);
  return time;
}

}  // namespace tidemark
