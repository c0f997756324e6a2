#include "task/source_task.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/text.h"
#include "task/accumulate.h"
#include "task/backlog.h"
#include "task/burst.h"
#include "task/idle_watch.h"
#include "task/lag_offsets.h"
#include "task/lane_reader.h"
#include "task/pace.h"
#include "task/side_collector.h"

namespace tidemark {
namespace {

SourceTaskOptions WithDefaults(SourceTaskOptions options, const PipelinePlan& plan) {
  if (options.max_drift == Duration::zero()) options.max_drift = DefaultMaxDrift(plan);
  return options;
}

std::vector<SourcePartition> MakePartitions(const TaskContext& context,
                                            const LaneProgress& progress) {
  const PipelinePlan& plan = *context.plan;
  const Judge::Limits limits{.max_out_of_orderness = plan.watermark.max_out_of_orderness,
                             .max_future_skew = plan.watermark.max_future_skew,
                             .min_event_time = plan.decode.min_event_time};
  std::vector<SourcePartition> partitions;
  for (const SourceProgress& source : progress.sources) {
    TM_CHECK(source.source.value() < context.sources.size(),
             "a lane's progress names sources of its pipeline");
    partitions.emplace_back(context.sources[source.source.value()], limits, source);
    CompleteCounters(plan, partitions.back().counters);
  }
  return partitions;
}

QueryCounters FindCounters(const SourceCounters& counters, InstanceId instance) {
  const auto found =
      std::find_if(counters.queries.begin(), counters.queries.end(),
                   [&](const QueryCounters& query) { return query.instance == instance; });
  return found == counters.queries.end() ? QueryCounters{.instance = instance} : *found;
}

Burst::Targets TargetsOf(const TaskContext& context, Lane lane) {
  return {.shuffle = context.names.ShuffleTopic(),
          .late = context.names.LateTopic(),
          .dead_letter = context.names.DeadLetterTopic(),
          .progress = context.names.ProgressTopic(),
          .progress_partition = PipelineNames::ProgressPartition(TaskId::Of(lane), context.lanes()),
          .shuffle_partitions = context.merges()};
}

}  // namespace

class SourceTask::Impl {
 public:
  Impl(Parts parts, Lane lane, LaneProgress progress, SourceTaskOptions options);

  StepResult Step(MonotonicTime now);
  void Drain() { draining_ = true; }
  bool Drained() const { return draining_ && !burst_.under_way() && !Dirty(); }
  const LaneProgress& committed() const { return committed_; }
  SourceTaskStatus Status() const;

 private:
  StepResult Work(MonotonicTime now);
  void Begin(MonotonicTime now);
  LaneRead Read(MonotonicTime now);
  void Take(LaneRead& read, MonotonicTime now);
  void TakeBatch(SourcePartition& partition);
  void NoteConsumed(SourcePartition& partition, const FetchedBatch& batch, MonotonicTime now);

  bool CommitDue(MonotonicTime now) const;
  std::size_t HeldBytes() const;
  bool Dirty() const;
  StepResult MaybeCommit(MonotonicTime now);
  StepResult ContinueCommit(MonotonicTime now);
  StepResult Settle(MonotonicTime now);
  // What the commit that has just ended adds to `committed_`.
  void MeasureEvents() const;
  LaneProgress NextProgress() const;
  BurstContent NextContent();
  StepResult End(StepResult end);

  Parts parts_;
  Lane lane_;
  SourceTaskOptions options_;
  LaneProgress committed_;
  std::vector<SourcePartition> partitions_;
  EndsReader ends_;
  LaneReader reader_;
  IdleWatch idle_;
  Backlog backlog_;
  Intake intake_;
  JudgedBatch batch_;
  Findings findings_;
  BatchExpressions expressions_;
  GroupKeys keys_;
  std::vector<Accumulator> accumulators_;
  SideCollector side_;
  Burst burst_;
  LaneProgress next_;  // what the commit under way will have committed
  Pace pace_;
  LagOffsets lag_;
  std::optional<Watermark> combined_hint_;
  std::optional<StepResult> ended_;
  MonotonicTime now_;
  bool begun_ = false;
  bool draining_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t commits_ = 0;
};

SourceTask::Impl::Impl(Parts parts, Lane lane, LaneProgress progress, SourceTaskOptions options)
    : parts_(std::move(parts)),
      lane_(lane),
      options_(WithDefaults(options, *parts_.context->plan)),
      committed_(std::move(progress)),
      partitions_(MakePartitions(*parts_.context, committed_)),
      ends_(*parts_.log),
      reader_(*parts_.log, partitions_, ends_, options_),
      idle_(*parts_.context, *parts_.board, ends_, lane),
      backlog_(*parts_.context, *parts_.board, ends_, options_.max_shuffle_backlog_frames),
      intake_(parts_.context->plan->decode),
      batch_(parts_.context->plan->decode),
      side_(*parts_.context->plan),
      burst_(*parts_.producer, TargetsOf(*parts_.context, lane)),
      pace_(WithinFrameBudget(options_.commit_interval, parts_.context->lanes(),
                              parts_.context->merges(), options_.frame_budget)),
      lag_(*parts_.log, parts_.context->names.Prefix(), options_.group_commit_interval) {
  const std::vector<QueryPlan>& queries = parts_.context->plan->queries;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    accumulators_.emplace_back(queries[i], static_cast<std::uint32_t>(i),
                               parts_.context->start_time, expressions_, keys_);
  }
}

StepResult SourceTask::Impl::Step(MonotonicTime now) {
  now_ = now;
  if (ended_) return *ended_;
  if (!begun_) Begin(now);
  if (burst_.under_way()) return ContinueCommit(now);
  return Work(now);
}

void SourceTask::Impl::Begin(MonotonicTime now) {
  begun_ = true;
  for (SourcePartition& partition : partitions_) partition.last_record = now;
  pace_.Start(now);
  const std::unique_ptr<Admin> admin = parts_.log->NewAdmin();
  side_.SetLimits(ReadTopicLimits(*admin, parts_.context->names, options_.call_timeout));
}

StepResult SourceTask::Impl::Work(MonotonicTime now) {
  if (!reader_.checked()) {
    const LaneRead check = reader_.Check();
    if (check.kind == LaneRead::Kind::kEnded) return End(check.end);
    if (!reader_.checked()) return {StepOutcome::kIdle, {}};
  }
  LaneRead read = Read(now);
  if (read.kind == LaneRead::Kind::kEnded) return End(read.end);
  Take(read, now);
  StepResult committed{};
  if (CommitDue(now)) committed = MaybeCommit(now);
  const bool read_something = read.kind != LaneRead::Kind::kNothing;
  if (committed.outcome == StepOutcome::kIdle && read_something)
    committed.outcome = StepOutcome::kWorked;
  return committed;
}

LaneRead SourceTask::Impl::Read(MonotonicTime now) {
  if (draining_) return {};
  backlog_.Refresh(now, options_.call_timeout);
  if (backlog_.worst()) return {};
  return reader_.Next();
}

void SourceTask::Impl::Take(LaneRead& read, MonotonicTime now) {
  if (read.kind != LaneRead::Kind::kRecords) return;
  SourcePartition& partition = partitions_[read.index];
  std::span<const RecordView> rest = read.batch->records();
  while (!rest.empty()) {
    rest = rest.subspan(intake_.Fill(rest, partition, batch_, findings_));
    TakeBatch(partition);
  }
  NoteConsumed(partition, *read.batch, now);
}

void SourceTask::Impl::TakeBatch(SourcePartition& partition) {
  expressions_.NextBatch();
  keys_.NextBatch();
  for (Accumulator& accumulator : accumulators_) {
    accumulator.Take(batch_, combined_hint_, CountersOf(partition.counters, accumulator.instance()),
                     findings_);
  }
  events_ += batch_.live.size();
  side_.Collect(batch_, findings_, partition);
}

void SourceTask::Impl::NoteConsumed(SourcePartition& partition, const FetchedBatch& batch,
                                    MonotonicTime now) {
  partition.position = batch.next();
  if (batch.records().empty()) return;
  const RecordView& last = batch.records().back();
  partition.last_offset = last.offset;
  partition.last_crc = Crc32c(last.key.value_or(""), last.value.value_or(""));
  partition.last_record = now;
}

std::size_t SourceTask::Impl::HeldBytes() const {
  std::size_t bytes = side_.bytes() + keys_.bytes();
  for (const Accumulator& accumulator : accumulators_) bytes += accumulator.table().bytes();
  return bytes;
}

bool SourceTask::Impl::Dirty() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const SourcePartition& partition) { return partition.Moved(); });
}

bool SourceTask::Impl::CommitDue(MonotonicTime now) const {
  return draining_ || pace_.Due(now) || HeldBytes() >= options_.table_bytes;
}

StepResult SourceTask::Impl::MaybeCommit(MonotonicTime now) {
  pace_.Looked(now);
  if (draining_) {
    IdleWatch::Draining(partitions_);
  } else if (backlog_.worst()) {
    IdleWatch::Backpressured(partitions_);
  } else {
    idle_.Refresh(partitions_, now, options_.call_timeout);
  }
  combined_hint_ = idle_.KnownMinimum(partitions_);
  if (!Dirty()) {
    lag_.MaybeCommit(partitions_, now, options_.call_timeout);
    return {};
  }
  next_ = NextProgress();
  pace_.Began(now);
  burst_.Send(NextContent(), options_.call_timeout);
  return Settle(now);
}

StepResult SourceTask::Impl::ContinueCommit(MonotonicTime now) {
  burst_.Continue(options_.call_timeout);
  return Settle(now);
}

StepResult SourceTask::Impl::Settle(MonotonicTime now) {
  if (burst_.state() == Burst::State::kEnded) return End(burst_.end());
  if (burst_.under_way()) return {StepOutcome::kWorked, {}};
  ++commits_;
  backlog_.Wrote();
  if (parts_.meter != nullptr) MeasureEvents();
  pace_.Ended(now);
  committed_ = std::move(next_);
  for (std::size_t i = 0; i < partitions_.size(); ++i) partitions_[i].Commit(committed_.sources[i]);
  lag_.MaybeCommit(partitions_, now, options_.call_timeout);
  return {StepOutcome::kWorked, {}};
}

void SourceTask::Impl::MeasureEvents() const {
  const PipelinePlan& plan = *parts_.context->plan;
  for (const QueryPlan& query : plan.queries) {
    EventCounts events;
    for (std::size_t i = 0; i < next_.sources.size(); ++i) {
      const QueryCounters after = FindCounters(next_.sources[i].counters, query.instance);
      const QueryCounters before = FindCounters(committed_.sources[i].counters, query.instance);
      events.aggregated += after.aggregated - before.aggregated;
      events.filtered += after.filtered - before.filtered;
      events.late += after.late - before.late;
    }
    parts_.meter->Took({parts_.context->names.pipeline, query.name}, events);
  }
}

LaneProgress SourceTask::Impl::NextProgress() const {
  LaneProgress next{.incarnation = committed_.incarnation,
                    .epoch = committed_.epoch,
                    .plan_version = parts_.context->plan->version,
                    .sequence = committed_.sequence.Plus(1)};
  for (const SourcePartition& partition : partitions_)
    next.sources.push_back(partition.NextProgress());
  return next;
}

BurstContent SourceTask::Impl::NextContent() {
  FrameHeader header{.incarnation = next_.incarnation,
                     .plan_version = next_.plan_version,
                     .lane = lane_,
                     .sequence = next_.sequence,
                     .epoch = next_.epoch};
  for (const SourcePartition& partition : partitions_)
    header.sections.push_back(partition.NextSection());
  std::vector<FrameWriter> writers;
  for (std::uint32_t d = 0; d < parts_.context->merges(); ++d) writers.emplace_back(header);
  for (Accumulator& accumulator : accumulators_) {
    accumulator.table().Flush(accumulator.instance(), writers);
    accumulator.table().Clear();
  }
  keys_.Clear();
  BurstContent content;
  for (FrameWriter& writer : writers) content.frames.push_back(writer.Finish());
  content.side_records = side_.Take();
  content.progress = EncodeProgress(next_);
  return content;
}

StepResult SourceTask::Impl::End(StepResult end) {
  end.reason = StrCat(TaskId::Of(lane_).ToString(), ": ", end.reason);
  if (end.outcome == StepOutcome::kHalted) {
    for (SourcePartition& partition : partitions_) {
      if (partition.state != SourceState::kDataLoss) partition.state = SourceState::kHalted;
    }
  }
  ended_ = std::move(end);
  return *ended_;
}

SourceTaskStatus SourceTask::Impl::Status() const {
  SourceTaskStatus status{.events = events_, .commits = commits_, .table_bytes = HeldBytes()};
  status.backpressured_by = backlog_.worst();
  for (const SourcePartition& partition : partitions_) {
    const Offset high = partition.ends
                            ? std::max(partition.ends->high_watermark, partition.position)
                            : partition.position;
    status.sources.push_back(
        {.ordinal = partition.committed.source,
         .state = partition.state,
         .position = partition.position,
         .high_watermark = high,
         .watermark = partition.judge.time().watermark,
         .wall_ms_since_record = begun_ ? (now_ - partition.last_record).count() : 0,
         .counters = partition.committed.counters});
  }
  return status;
}

SourceTask::SourceTask(Parts parts, Lane lane, LaneProgress progress, SourceTaskOptions options)
    : impl_(std::make_unique<Impl>(std::move(parts), lane, std::move(progress), options)) {}
SourceTask::~SourceTask() = default;
StepResult SourceTask::Step(MonotonicTime now) { return impl_->Step(now); }
void SourceTask::Drain() { impl_->Drain(); }
bool SourceTask::Drained() const { return impl_->Drained(); }
const LaneProgress& SourceTask::committed() const { return impl_->committed(); }
SourceTaskStatus SourceTask::Status() const { return impl_->Status(); }

}  // namespace tidemark
