#include "worker/takeover.h"

#include <utility>

#include "base/text.h"
#include "worker/measured_producer.h"

namespace tidemark {

Takeover::Takeover(Ports ports, Target target, TakeoverOptions options)
    : ports_(ports),
      target_(std::move(target)),
      options_(options),
      partition_{target_.names.ProgressTopic(),
                 PipelineNames::ProgressPartition(target_.task, target_.pipeline->lanes)},
      consumer_(ports.log->NewConsumer(Isolation::kReadCommitted)),
      tail_(std::make_unique<ProgressTail>(partition_, consumer_.get(), ports.ends)),
      facts_{.mine = target_.epoch} {}

Takeover::Outcome Takeover::Step(MonotonicTime now) {
  if (!backoff_.Ready(now) || now < next_poll_) return Outcome::kWaiting;
  switch (DecideTakeover(facts_)) {
    case TakeoverStep::kLook:
      return Look(now);
    case TakeoverStep::kInitialise:
      return Initialise(now);
    case TakeoverStep::kAskEnds:
      return AskEnds(now);
    case TakeoverStep::kRead:
      return Read(now);
    case TakeoverStep::kWaitForOpenTransaction:
      return WaitForOpenTransaction(now);
    case TakeoverStep::kClaim:
      return WriteClaim(now);
    case TakeoverStep::kStale:
      producer_.reset();
      reason_ = StrCat("epoch ", *facts_.recorded, " is recorded, newer than ", facts_.mine);
      return Outcome::kStale;
  }
  return Outcome::kWaiting;
}

std::string Takeover::Doing() const {
  const auto doing = [this]() -> std::string {
    switch (DecideTakeover(facts_)) {
      case TakeoverStep::kLook:
        return StrCat("it looks for its progress in ", partition_.ToString());
      case TakeoverStep::kInitialise:
        return StrCat("it fences earlier owners of transactional id ",
                      target_.names.TransactionalId(target_.task));
      case TakeoverStep::kAskEnds:
        return StrCat("it asks for the end of ", partition_.ToString());
      case TakeoverStep::kRead:
        return StrCat("it reads on in ", partition_.ToString());
      case TakeoverStep::kWaitForOpenTransaction:
        return StrCat("it waits for an open transaction in ", partition_.ToString());
      case TakeoverStep::kClaim:
        return StrCat("it commits its claim to ", partition_.ToString());
      case TakeoverStep::kStale:
        break;
    }
    return "it lets go";
  };
  return reason_.empty() ? doing() : StrCat(doing(), " (", reason_, ")");
}

Takeover::Outcome Takeover::Look(MonotonicTime now) {
  const auto read = tail_->ReadToLastStable();
  if (!read.ok()) return Failed(now, {read.error, read.message});
  facts_.position = tail_->position();
  facts_.looked = *read.value;
  return DecodeNewest();
}

Takeover::Outcome Takeover::DecodeNewest() {
  if (!tail_->newest()) return Outcome::kWorked;
  auto progress = DecodeTaskProgress(*target_.pipeline, target_.task, *tail_->newest());
  if (!progress.ok()) {
    reason_ = progress.status().message();
    return Outcome::kHalted;
  }
  progress_ = std::move(progress).value();
  facts_.recorded = EpochOf(*progress_);
  return Outcome::kWorked;
}

Takeover::Outcome Takeover::Initialise(MonotonicTime now) {
  if (!producer_) {
    producer_ = ports_.log->NewProducer(
        {target_.names.TransactionalId(target_.task), options_.transaction_timeout});
    if (ports_.meter != nullptr)
      producer_ = Measure(std::move(producer_), target_.task.kind, *ports_.meter);
  }
  const LogStatus status = producer_->InitTransactions(options_.call_timeout);
  if (!status.ok()) return Failed(now, status);
  facts_.initialised = true;
  return Outcome::kWorked;
}

Takeover::Outcome Takeover::AskEnds(MonotonicTime now) {
  const auto ends = ports_.ends->Ask(partition_);
  if (!ends.ok()) return Failed(now, {ends.error, ends.message});
  facts_.ends = *ends.value;
  return Outcome::kWorked;
}

Takeover::Outcome Takeover::Read(MonotonicTime now) {
  const auto read = tail_->ReadOn();
  if (!read.ok()) return Failed(now, {read.error, read.message});
  const bool moved = tail_->position() > facts_.position;
  facts_.position = tail_->position();
  if (*read.value) return DecodeNewest();
  return moved ? Outcome::kWorked : Outcome::kWaiting;
}

Takeover::Outcome Takeover::WaitForOpenTransaction(MonotonicTime now) {
  facts_.ends.reset();
  next_poll_ = now + options_.open_transaction_poll;
  return Outcome::kBlocked;
}

Takeover::Outcome Takeover::WriteClaim(MonotonicTime now) {
  return claim_step_ == ClaimStep::kBegin ? BeginClaim(now) : CommitClaim();
}

Takeover::Outcome Takeover::BeginClaim(MonotonicTime now) {
  if (LogStatus begun = producer_->Begin(); !begun.ok()) return Failed(now, std::move(begun));
  if (!progress_) progress_ = FirstProgress(*target_.pipeline, target_.task);
  progress_ = Claim(std::move(*progress_), target_.epoch);
  const std::string value = EncodeTaskProgress(*progress_);
  LogStatus produced = producer_->Produce({.topic = partition_.topic,
                                           .partition = partition_.partition,
                                           .key = kProgressKey,
                                           .value = value});
  claim_step_ = ClaimStep::kCommit;
  if (produced.ok()) return Outcome::kWorked;
  reason_ = StrCat("writing the claim: ", produced.message);
  return IsRecordPermanent(produced.error) ? Outcome::kHalted : Outcome::kLost;
}

Takeover::Outcome Takeover::CommitClaim() {
  const LogStatus committed = producer_->Commit(options_.call_timeout);
  if (committed.error == LogError::kPending) return Outcome::kWaiting;
  reason_ =
      StrCat("committing the claim: ", LogErrorName(committed.error), ": ", committed.message);
  if (IsRecordPermanent(committed.error)) return Outcome::kHalted;
  if (!committed.ok() || producer_->end_transaction_requests() > 1) return Outcome::kLost;
  return Outcome::kTaken;
}

Takeover::Outcome Takeover::Failed(MonotonicTime now, LogStatus status) {
  if (status.error == LogError::kPending) return Outcome::kWaiting;
  reason_ = StrCat(LogErrorName(status.error), ": ", status.message);
  if (status.error == LogError::kRetriable) {
    backoff_.Fail(now);
    return Outcome::kWaiting;
  }
  if (status.error == LogError::kUnknownTopic || status.error == LogError::kUnauthorized) {
    return Outcome::kHalted;
  }
  producer_.reset();
  return Outcome::kLost;
}

}  // namespace tidemark
