#include "task/frame_feed.h"

#include <utility>

#include "base/text.h"

namespace tidemark {

FrameFeed::FrameFeed(Log& log, TopicPartition partition, Offset from)
    : partition_(std::move(partition)),
      at_(from),
      consumer_(log.NewConsumer(Isolation::kReadCommitted)) {}

StepResult FrameFeed::Fill(FetchLimits limits) {
  if (!used_up()) return {StepOutcome::kWorked, ""};
  if (!assigned_) {
    const LogStatus assigned = consumer_->Assign(partition_, at_);
    if (!assigned.ok()) return Judge(assigned);
    assigned_ = true;
  }
  batch_.reset();
  // A task's thread serves others too: what is not there yet is asked for again in the next step.
  auto fetched = consumer_->Fetch(partition_, limits, Duration{0});
  if (!fetched.ok()) return Judge({fetched.error, fetched.message});
  if (*fetched.value == nullptr) return {StepOutcome::kIdle, ""};
  batch_ = std::move(*fetched.value);
  at_ = batch_->next();
  next_ = 0;
  return {StepOutcome::kWorked, ""};
}

bool FrameFeed::used_up() const { return !batch_ || next_ == batch_->records().size(); }

const RecordView* FrameFeed::Next() {
  if (used_up()) return nullptr;
  return &batch_->records()[next_++];
}

StepResult FrameFeed::Judge(const LogStatus& status) const {
  const std::string reason = StrCat(partition_.topic, "/", partition_.partition, " at offset ", at_,
                                    ": ", LogErrorName(status.error), ": ", status.message);
  switch (status.error) {
    case LogError::kPending:
    case LogError::kRetriable:
      return {StepOutcome::kIdle, ""};
    case LogError::kFatal:
    case LogError::kConflict:
      return {StepOutcome::kRewind, reason};
    case LogError::kOutOfRange:
      return {StepOutcome::kHalted,
              reason + "; frames that open windows need are gone from the shuffle topic"};
    default:
      return {StepOutcome::kHalted, reason + "; the shuffle topic cannot be read"};
  }
}

}  // namespace tidemark
