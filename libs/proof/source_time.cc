#include "proof/source_time.h"

#include <algorithm>

namespace tidemark::proof {

void SourceTime::AdvanceTo(std::int64_t offset) {
  for (; next_ != control_.end() && next_->offset <= offset; ++next_) Raise(next_->watermark_ms);
}

void SourceTime::AdvanceToEnd() {
  for (; next_ != control_.end(); ++next_) Raise(next_->watermark_ms);
}

bool SourceTime::IsValid(std::int64_t event_time_ms) const {
  return event_time_ms > 0 && event_time_ms >= rules_.min_event_time_ms &&
         event_time_ms <= rules_.max_event_time_ms;
}

bool SourceTime::IsFromTheFuture(std::int64_t event_time_ms, std::int64_t timestamp_ms) const {
  return IsGuard(timestamp_ms) && event_time_ms > timestamp_ms + rules_.max_future_skew_ms;
}

void SourceTime::Observe(std::int64_t event_time_ms, std::int64_t timestamp_ms) {
  const std::int64_t time =
      IsGuard(timestamp_ms) ? std::min(event_time_ms, timestamp_ms) : event_time_ms;
  largest_ = std::max(largest_.value_or(time), time);
  Raise(*largest_ - rules_.max_out_of_orderness_ms);
}

void SourceTime::Raise(std::int64_t watermark_ms) {
  watermark_ = std::max(watermark_.value_or(watermark_ms), watermark_ms);
}

}  // namespace tidemark::proof
