#include "cluster/metadata_log.h"

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kListenInterval{500};

}  // namespace

MetadataLog::MetadataLog(Log* log, MetadataLogOptions options)
    : log_(log),
      options_(std::move(options)),
      partition_{MetadataTopic(options_.cluster), Partition(0)},
      admin_(log->NewAdmin()) {}

MetadataLog::~MetadataLog() = default;

void MetadataLog::Write(Decision decision) {
  TM_CHECK(idle() && !decision.empty(), "one decision at a time, and never an empty one");
  decision_ = std::move(decision);
  step_ = ClaimStep::kBegin;
}

void MetadataLog::Step(MonotonicTime now) {
  if (phase_ == Phase::kLost) return;
  if (step_ == ClaimStep::kIdle) return Listen(now);
  if (!backoff_.Ready(now) || !claims_.Ready(now)) return;
  StepOnce(now);
}

void MetadataLog::Listen(MonotonicTime now) {
  if (now < next_listen_) return;
  next_listen_ = now + kListenInterval;
  // A failure here is found again by the next decision.
  const auto batch = consumer_->Fetch(partition_, FetchLimits(), Duration(0));
  if (!batch.ok() || *batch.value == nullptr) return;
  if (!Apply(**batch.value)) return;
  if (ClaimedByAnother()) Lose(StrCat("term ", state_.term, " is claimed by another"));
}

void MetadataLog::StepOnce(MonotonicTime now) {
  switch (step_) {
    case ClaimStep::kTopic:
      return FindTopic(now);
    case ClaimStep::kLook:
      if (ReadToEnd(now)) AfterLook();
      return;
    case ClaimStep::kInitialise:
      return Initialise(now);
    case ClaimStep::kRead:
      if (ReadToEnd(now)) AfterRead();
      return;
    case ClaimStep::kBegin:
      return Begin(now);
    case ClaimStep::kCommit:
      return Commit(now);
    case ClaimStep::kReadBack:
      if (ReadToEnd(now)) AfterReadBack();
      return;
    case ClaimStep::kIdle:
      return;
  }
}

void MetadataLog::FindTopic(MonotonicTime now) {
  const LogStatus created = admin_->CreateTopic(
      {.name = partition_.topic,
       .partitions = 1,
       .replication_factor = options_.replication_factor,
       .configs = {{"cleanup.policy", "compact"}, {"message.timestamp.type", "LogAppendTime"}}},
      options_.call_timeout);
  if (!created.ok() && created.error != LogError::kTopicExists) {
    return Failed(now, created.error, created.message);
  }
  // A first claim has nothing to look for: whoever comes last leads.
  step_ = known_term_ ? ClaimStep::kLook : ClaimStep::kInitialise;
}

bool MetadataLog::ClaimedByAnother() const {
  return known_term_ && state_.term > *known_term_ && state_.term_holder != options_.holder;
}

void MetadataLog::AfterLook() {
  if (ClaimedByAnother()) return Lose(StrCat("term ", state_.term, " is claimed by another"));
  step_ = ClaimStep::kInitialise;
}

void MetadataLog::Initialise(MonotonicTime now) {
  if (!producer_) {
    producer_ = log_->NewProducer(
        {CoordinatorTransactionalId(options_.cluster), options_.transaction_timeout});
  }
  const LogStatus status = producer_->InitTransactions(options_.call_timeout);
  if (!status.ok()) return Failed(now, status.error, status.message);
  step_ = ClaimStep::kRead;
}

bool MetadataLog::ReadToEnd(MonotonicTime now) {
  if (!consumer_) {
    const auto ends = admin_->Ends(partition_, options_.call_timeout);
    if (!ends.ok()) return Failed(now, ends.error, ends.message), false;
    state_ = ClusterState{.next = ends.value->log_start};
    consumer_ = log_->NewConsumer(Isolation::kReadCommitted);
    const LogStatus assigned = consumer_->Assign(partition_, state_.next);
    if (!assigned.ok()) return Failed(now, assigned.error, assigned.message), false;
  }
  if (!read_until_) {
    const auto ends = admin_->Ends(partition_, options_.call_timeout);
    if (!ends.ok()) return Failed(now, ends.error, ends.message), false;
    // A look fences nobody, so it cannot wait for what an open transaction hides.
    read_until_ = step_ == ClaimStep::kLook ? ends.value->last_stable : ends.value->high_watermark;
  }
  if (state_.next < *read_until_ && !ReadBatch(now)) return false;
  if (state_.next < *read_until_) return false;
  read_until_.reset();
  backoff_.Reset();
  return true;
}

bool MetadataLog::ReadBatch(MonotonicTime now) {
  const auto batch = consumer_->Fetch(partition_, FetchLimits(), options_.call_timeout);
  if (!batch.ok()) return Failed(now, batch.error, batch.message), false;
  return *batch.value != nullptr && Apply(**batch.value);
}

bool MetadataLog::Apply(const FetchedBatch& batch) {
  for (const RecordView& record : batch.records()) {
    const Status applied = state_.Apply(record.key.value_or(""), record.value);
    if (!applied.ok()) return Lose(applied.ToString()), false;
  }
  state_.next = batch.next();
  return true;
}

void MetadataLog::AfterRead() {
  if (ClaimedByAnother()) return Lose(StrCat("term ", state_.term, " is claimed by another"));
  known_term_ = state_.term;
  claimed_term_ = state_.term.Plus(1);
  decision_ = {EncodeTerm(claimed_term_, options_.holder)};
  step_ = ClaimStep::kBegin;
}

void MetadataLog::Begin(MonotonicTime now) {
  const LogStatus begun = producer_->Begin();
  if (!begun.ok()) return Failed(now, begun.error, begun.message);
  for (const MetadataRecord& record : decision_) {
    const LogStatus produced = producer_->Produce({.topic = partition_.topic,
                                                   .partition = partition_.partition,
                                                   .key = record.key,
                                                   .value = record.value});
    if (!produced.ok()) return ClaimAgain(now, produced.message);
  }
  step_ = ClaimStep::kCommit;
}

void MetadataLog::Commit(MonotonicTime now) {
  const LogStatus committed = producer_->Commit(options_.call_timeout);
  if (committed.error == LogError::kPending) return;
  if (committed.error == LogError::kRetriable) return ClaimAgain(now, committed.message);
  if (!committed.ok()) return Failed(now, committed.error, committed.message);
  if (producer_->end_transaction_requests() > 1) {
    return ClaimAgain(now, "the end of a transaction was requested more than once");
  }
  step_ = ClaimStep::kReadBack;
}

void MetadataLog::AfterReadBack() {
  if (state_.term != claimed_term_ || state_.term_holder != options_.holder) {
    return Lose(StrCat("term ", state_.term, " is claimed by another"));
  }
  decision_.clear();
  if (phase_ == Phase::kClaiming) {
    known_term_ = claimed_term_;
    phase_ = Phase::kLeading;
    claims_.Reset();
    LogInfo(StrCat("coordinator leads with term ", claimed_term_));
  }
  reason_.clear();
  step_ = ClaimStep::kIdle;
}

void MetadataLog::Failed(MonotonicTime now, enum LogError error, const std::string& message) {
  if (error == LogError::kPending) return;
  reason_ = StrCat(LogErrorName(error), ": ", message);
  if (error == LogError::kFenced && !known_term_) {
    return Lose(StrCat("another coordinator has claimed: ", message));
  }
  if (error == LogError::kRetriable) return backoff_.Fail(now);
  ClaimAgain(now, reason_);
}

void MetadataLog::ClaimAgain(MonotonicTime now, const std::string& why) {
  if (claims_.failures() == 0) LogWarning(StrCat("coordinator claims its term again: ", why));
  claims_.Fail(now);
  producer_.reset();
  consumer_.reset();
  read_until_.reset();
  decision_.clear();
  phase_ = Phase::kClaiming;
  step_ = ClaimStep::kTopic;
}

void MetadataLog::Lose(const std::string& why) {
  LogWarning(StrCat("coordinator steps down: ", why));
  reason_ = why;
  producer_.reset();
  consumer_.reset();
  phase_ = Phase::kLost;
}

}  // namespace tidemark
