#include "task/lane_reader.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kLeastDrift{10 * 60'000};

LaneRead Ended(StepOutcome outcome, std::string reason) {
  LaneRead read{.kind = LaneRead::Kind::kEnded};
  read.end = {outcome, std::move(reason)};
  return read;
}

}  // namespace

Duration DefaultMaxDrift(const PipelinePlan& plan) {
  Duration drift = kLeastDrift;
  for (const QueryPlan& query : plan.queries) drift = std::max(drift, 2 * query.window.size);
  return drift;
}

LaneReader::LaneReader(Log& log, std::span<SourcePartition> partitions, EndsReader& ends,
                       const SourceTaskOptions& options)
    : partitions_(partitions),
      ends_(ends),
      options_(options),
      consumer_(log.NewConsumer(Isolation::kReadCommitted)),
      assigned_(partitions.size(), false) {}

LaneRead LaneReader::Check() {
  for (; !checked(); ++check_at_) {
    const SourcePartition& partition = partitions_[check_at_];
    if (!partition.last_crc) continue;
    LogStatus failure;
    const Verdict verdict = CheckLast(partition, failure);
    if (verdict == Verdict::kLater) return {};
    if (verdict == Verdict::kOther) return Replaced(partition);
    if (verdict == Verdict::kFailed) return Failed(check_at_, failure.error, failure.message);
    assigned_[check_at_] = false;
  }
  return {};
}

LaneReader::Verdict LaneReader::CheckLast(const SourcePartition& partition, LogStatus& failure) {
  if (!assigned_[check_at_]) {
    failure = consumer_->Assign(partition.where, partition.last_offset);
    if (failure.error == LogError::kPending) return Verdict::kLater;
    if (failure.error == LogError::kOutOfRange) return Verdict::kNone;
    if (!failure.ok()) return Verdict::kFailed;
    assigned_[check_at_] = true;
  }
  const FetchLimits one{.records = 1, .bytes = options_.fetch.bytes};
  LogResult<std::unique_ptr<FetchedBatch>> fetched =
      consumer_->Fetch(partition.where, one, options_.call_timeout);
  if (fetched.error == LogError::kPending) return Verdict::kLater;
  if (fetched.error == LogError::kOutOfRange) return Verdict::kNone;
  failure = {fetched.error, fetched.message};
  return fetched.ok() ? CheckFetched(partition, fetched.value->get()) : Verdict::kFailed;
}

LaneReader::Verdict LaneReader::CheckFetched(const SourcePartition& partition,
                                             FetchedBatch* batch) {
  if (batch == nullptr) {
    // Nothing at an offset that was read before: wait for it, unless the log ends there.
    const std::optional<PartitionEnds> ends = ends_.Ask(partition.where, options_.call_timeout);
    return ends && ends->high_watermark <= partition.last_offset ? Verdict::kOther
                                                                 : Verdict::kLater;
  }
  if (batch->records().empty() || batch->records()[0].offset != partition.last_offset)
    return Verdict::kNone;
  const RecordView& record = batch->records()[0];
  const std::uint32_t crc = Crc32c(record.key.value_or(""), record.value.value_or(""));
  return crc == *partition.last_crc ? Verdict::kSame : Verdict::kOther;
}

LaneRead LaneReader::Replaced(const SourcePartition& partition) const {
  return Ended(
      StepOutcome::kHalted,
      StrCat("INPUT_REPLACED: ", partition.where.ToString(),
             " no longer holds the record that was consumed at offset ", partition.last_offset,
             ": the topic was probably deleted and made anew; delete the pipeline and create it "
             "again"));
}

void LaneReader::Hold() {
  std::optional<Watermark> lowest;
  for (const SourcePartition& partition : partitions_) {
    const std::optional<Watermark> watermark = partition.judge.time().watermark;
    if (watermark) lowest = lowest ? std::min(*lowest, *watermark) : *watermark;
  }
  for (SourcePartition& partition : partitions_) {
    const std::optional<Watermark> watermark = partition.judge.time().watermark;
    partition.held = watermark && watermark->value() > lowest->value() + options_.max_drift.count();
  }
}

void LaneReader::OrderRound() {
  round_.clear();
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (!partitions_[i].held) round_.push_back(i);
  }
  std::stable_sort(round_.begin(), round_.end(), [this](std::size_t a, std::size_t b) {
    return partitions_[a].judge.watermark() > partitions_[b].judge.watermark();
  });
}

LaneRead LaneReader::Next() {
  TM_CHECK(checked(), "nothing is read before the last records are checked");
  if (pending_) {
    LaneRead read = Read(*pending_);
    if (read.kind != LaneRead::Kind::kNothing || pending_) return read;
  }
  Hold();
  const bool rest_of_round = !round_.empty();
  if (!rest_of_round) OrderRound();
  LaneRead read = ReadRound();
  if (read.kind != LaneRead::Kind::kNothing || pending_ || !rest_of_round) return read;
  // Nothing in the rest of a round says nothing about those that were read before in it.
  OrderRound();
  return ReadRound();
}

LaneRead LaneReader::ReadRound() {
  while (!round_.empty()) {
    const std::size_t index = round_.back();
    round_.pop_back();
    if (partitions_[index].held) continue;
    LaneRead read = Read(index);
    if (read.kind != LaneRead::Kind::kNothing || pending_) return read;
  }
  return {};
}

LaneRead LaneReader::Read(std::size_t index) {
  SourcePartition& partition = partitions_[index];
  pending_.reset();
  if (!assigned_[index]) {
    const LogStatus status = consumer_->Assign(partition.where, partition.position);
    if (!status.ok()) return Failed(index, status.error, status.message);
    assigned_[index] = true;
  }
  LogResult<std::unique_ptr<FetchedBatch>> fetched =
      consumer_->Fetch(partition.where, options_.fetch, Duration::zero());
  if (!fetched.ok()) return Failed(index, fetched.error, fetched.message);
  if (*fetched.value == nullptr) return {};
  LaneRead read{.kind = LaneRead::Kind::kRecords, .index = index};
  read.batch = std::move(*fetched.value);
  return read;
}

LaneRead LaneReader::Failed(std::size_t index, LogError error, const std::string& message) {
  const SourcePartition& partition = partitions_[index];
  if (error == LogError::kPending) {
    pending_ = index;
    return {};
  }
  if (error == LogError::kRetriable) return {};
  if (error == LogError::kOutOfRange) return OutOfRange(index);
  const std::string what =
      StrCat("reading ", partition.where.ToString(), ": ", LogErrorName(error), ": ", message);
  if (!IsRecordPermanent(error)) return Ended(StepOutcome::kRewind, what);
  return Ended(StepOutcome::kHalted,
               StrCat(what, "; correct the topic or its permissions, then resume the pipeline"));
}

LaneRead LaneReader::OutOfRange(std::size_t index) {
  SourcePartition& partition = partitions_[index];
  assigned_[index] = false;
  const std::optional<PartitionEnds> ends = ends_.Ask(partition.where, options_.call_timeout);
  if (!ends) return {};
  if (partition.position >= ends->log_start && partition.position <= ends->high_watermark)
    return {};
  partition.state = SourceState::kDataLoss;
  const bool skips = options_.data_loss == SourceTaskOptions::DataLoss::kSkip;
  if (skips && partition.position < ends->log_start) return Skip(index, *ends);
  return Ended(
      StepOutcome::kHalted,
      StrCat("DATA_LOSS: ", partition.where.ToString(), " holds offsets ", ends->log_start, " to ",
             ends->high_watermark, ", the next one to read is ", partition.position,
             partition.position < ends->log_start
                 ? ": records were deleted before they were read; keep them for longer than it "
                   "takes to read them (retention.ms), then delete the pipeline and create it again"
                 : ": the log was cut or made anew; delete the pipeline and create it again"));
}

LaneRead LaneReader::Skip(std::size_t index, const PartitionEnds& ends) {
  SourcePartition& partition = partitions_[index];
  partition.counters.lost +=
      static_cast<std::uint64_t>(ends.log_start.value() - partition.position.value());
  partition.position = ends.log_start;
  partition.skipped = true;
  partition.state = SourceState::kLive;
  return {.kind = LaneRead::Kind::kMoved, .index = index, .batch = nullptr, .end = {}};
}

}  // namespace tidemark
