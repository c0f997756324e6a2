#include "task/commit.h"

#include <set>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace tidemark {

Commit::Commit(Producer& producer, const TaskContext& context, ShufflePartition merge)
    : producer_(producer),
      pipeline_(context.names.pipeline),
      progress_topic_(context.names.ProgressTopic()),
      progress_partition_(PipelineNames::ProgressPartition(TaskId::Of(merge), context.lanes())) {}

void Commit::Start(const Outbox& outbox, std::string progress) {
  TM_CHECK(!active(), "one transaction at a time");
  outbox_ = &outbox;
  progress_ = std::move(progress);
  next_ = 0;
  begun_ = false;
  produced_ = false;
}

Commit::Outcome Commit::Continue(Duration timeout) {
  Outcome outcome = Run(timeout);
  if (outcome.state != State::kPending) outbox_ = nullptr;
  return outcome;
}

Commit::Outcome Commit::Run(Duration timeout) {
  if (!begun_) {
    if (const LogStatus begun = producer_.Begin(); !begun.ok()) return Judge(begun, "begin");
    begun_ = true;
  }
  if (Outcome outcome = ProduceRecords(); outcome.state != State::kDone) return outcome;
  if (Outcome outcome = ProduceProgress(); outcome.state != State::kDone) return outcome;
  const LogStatus committed = producer_.Commit(timeout);
  if (committed.error == LogError::kPending) return {State::kPending, ""};
  if (!committed.ok()) {
    if (IsRecordPermanent(committed.error))
      return Judge(committed, StrCat("writing to ", Topics()));
    return {State::kRewind,
            StrCat("commit: ", LogErrorName(committed.error), ": ", committed.message)};
  }
  if (producer_.end_transaction_requests() > 1) {
    return {State::kRewind,
            "the commit took more than one EndTxn request: a delayed one could end the next "
            "transaction"};
  }
  return {State::kDone, ""};
}

// Which of them it was the log does not say.
std::string Commit::Topics() const {
  std::set<std::string_view> topics;
  for (std::size_t i = 0; i < outbox_->records(); ++i) topics.insert(outbox_->record(i).topic);
  std::string listed;
  for (const std::string_view topic : topics) listed += StrCat(topic, ", ");
  return StrCat(listed, progress_topic_);
}

Commit::Outcome Commit::ProduceRecords() {
  for (; next_ < outbox_->records(); ++next_) {
    const Outbox::Record record = outbox_->record(next_);
    const LogStatus produced = producer_.Produce(
        {record.topic, record.partition, record.key, record.value, record.headers});
    if (!produced.ok())
      return Judge(produced, StrCat("query ", record.query, ", topic ", record.topic));
  }
  return {State::kDone, ""};
}

Commit::Outcome Commit::ProduceProgress() {
  if (produced_) return {State::kDone, ""};
  const LogStatus produced =
      producer_.Produce({progress_topic_, progress_partition_, kProgressKey, progress_, {}});
  if (!produced.ok()) return Judge(produced, StrCat("topic ", progress_topic_));
  produced_ = true;
  return {State::kDone, ""};
}

// Of begin and produce, where nothing is in doubt yet.
Commit::Outcome Commit::Judge(const LogStatus& status, const std::string& what) const {
  const std::string reason = StrCat("pipeline ", pipeline_, ", ", what, ": ",
                                    LogErrorName(status.error), ": ", status.message);
  if (IsRecordPermanent(status.error) || status.error == LogError::kUnknownTopic) {
    return {
        State::kHalt,
        reason +
            "; no retry can help: correct the topic, its permissions or the query, then resume"};
  }
  if (status.error == LogError::kRetriable || status.error == LogError::kPending) {
    return {State::kPending, ""};
  }
  return {State::kRewind, reason};
}

}  // namespace tidemark
