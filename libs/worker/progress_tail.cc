#include "worker/progress_tail.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

constexpr Duration kNoWait{0};
constexpr std::int64_t kWindowGrowth = 4;

LogResult<bool> Failed(LogStatus status) {
  return {status.error, std::move(status.message), std::nullopt};
}
LogResult<bool> Answer(bool value) { return {LogError::kNone, "", value}; }

}  // namespace

ProgressTail::ProgressTail(TopicPartition partition, Consumer* consumer, SharedEnds* ends)
    : partition_(std::move(partition)), consumer_(consumer), ends_(ends) {}

ProgressTail::~ProgressTail() {
  if (assigned_) consumer_->Unassign(partition_);
}

LogStatus ProgressTail::AssignAt(Offset from) {
  const LogStatus assigned = consumer_->Assign(partition_, from);
  if (!assigned.ok()) return assigned;
  assigned_ = true;
  started_ = from;
  position_ = from;
  newest_.reset();
  return {};
}

LogStatus ProgressTail::Locate() {
  if (!seen_) {
    const auto ends = ends_->Ask(partition_);
    if (!ends.ok()) return {ends.error, ends.message};
    seen_ = *ends.value;
  }
  if (assigned_) return {};
  return AssignAt(std::max(seen_->log_start, seen_->high_watermark.Plus(-window_)));
}

LogResult<bool> ProgressTail::ReadToLastStable() {
  if (LogStatus located = Locate(); !located.ok()) return Failed(std::move(located));
  if (position_ < seen_->last_stable) {
    if (auto read = ReadOn(); !read.ok()) return read;
  }
  if (position_ < seen_->last_stable) return Answer(false);
  if (newest_ || started_ <= seen_->log_start) return Answer(true);
  window_ *= kWindowGrowth;
  assigned_ = false;
  return Answer(false);
}

LogResult<bool> ProgressTail::ReadOn() {
  const auto batch = consumer_->Fetch(partition_, FetchLimits(), kNoWait);
  if (!batch.ok()) return Failed({batch.error, batch.message});
  if (*batch.value == nullptr) return Answer(false);
  bool found = false;
  for (const RecordView& record : (*batch.value)->records()) {
    if (!record.value) continue;
    newest_ = std::string(*record.value);
    found = true;
  }
  position_ = (*batch.value)->next();
  return Answer(found);
}

}  // namespace tidemark
