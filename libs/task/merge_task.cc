#include "task/merge_task.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log_line.h"
#include "base/text.h"
#include "task/checkpoint.h"
#include "task/commit.h"
#include "task/frame_feed.h"
#include "task/ledger.h"
#include "task/restore.h"
#include "task/result_delay.h"
#include "task/row_writer.h"
#include "task/savepoint_ring.h"

namespace tidemark {
namespace {

// A step publishes at most this many keys, so that a closing of millions keeps the thread's pace.
constexpr std::size_t kKeysPerStep = 1'000;
// A replay remembers a savepoint after so many frames.
constexpr std::int64_t kReplaySavepointFrames = 16;

FrameLedgerSpec LedgerSpecOf(const TaskContext& context) {
  return {.incarnation = context.names.incarnation,
          .plan_version = context.plan->version,
          .lanes = context.lanes(),
          .sources = static_cast<std::uint32_t>(context.sources.size())};
}

StepResult Worked() { return {StepOutcome::kWorked, ""}; }
StepResult Halted(std::string reason) { return {StepOutcome::kHalted, std::move(reason)}; }

}  // namespace

class MergeTask::Impl {
 public:
  Impl(Parts parts, ShufflePartition merge, MergeProgress progress, MergeTaskOptions options);

  StepResult Step(MonotonicTime now);
  void Drain() { draining_ = true; }
  bool Drained() const { return drained_; }
  const MergeProgress& committed() const { return committed_; }
  MergeTaskStatus Status() const;

 private:
  enum class Phase : std::uint8_t { kRestoring, kReplaying, kRunning };

  StepResult Advance(MonotonicTime now);
  StepResult ContinueRestore();
  StepResult ReadFrames();
  FetchLimits Limits() const;
  std::size_t HeldBytes() const { return cells_.bytes() + closing_.held() + outbox_.held(); }
  StepResult ApplyFrame(const RecordView& record);
  tidemark::Status MergeBlocks(FrameReader& reader, Offset frame);
  StepResult AfterFrame();
  StepResult AfterReplayedFrame();
  StepResult FinishReplay();
  void BeginClosing(const std::optional<ClosingCursor>& cursor);
  StepResult ContinueClosing(MonotonicTime now);
  bool OutboxFull(MonotonicTime now) const;
  void FinishClosing();
  void DropSettled();
  bool CommitDue(MonotonicTime now) const;
  void StartCommit();
  StepResult ContinueCommit(MonotonicTime now);
  void Committed(MonotonicTime now);
  bool ContinueCheckpoint(MonotonicTime now);
  StepResult ContinueDrain(MonotonicTime now);
  bool Uncommitted() const {
    return frames_.next_frame() != committed_.commit_point.next_frame || announce_;
  }

  Parts parts_;
  ShufflePartition merge_;
  MergeTaskOptions options_;
  MergeProgress committed_;
  MergeProgress next_;  // what the commit in progress makes of it
  MergeQueries queries_;
  FrameLedger frames_;
  OpenCells cells_;
  Closing closing_;
  RowWriter rows_;
  LedgerWriter ledger_;
  Commit commit_;
  ResultDelay delay_;
  Checkpoint checkpoint_;
  Restore restore_;
  SavepointRing ring_;
  std::optional<FrameFeed> feed_;
  Outbox outbox_;

  Phase phase_ = Phase::kRestoring;
  std::optional<StepResult> ended_;
  bool draining_ = false;
  bool drained_ = false;
  bool restored_from_store_ = false;
  Offset replay_from_;
  // Every trigger at or before it has fired and is published, or waits in the outbox.
  std::optional<Watermark> fired_;
  bool closing_active_ = false;
  std::optional<ClosingCursor> cursor_;  // of the last key in the outbox, while the closing is cut
  std::optional<MonotonicTime> outbox_since_;
  bool announce_ = false;  // a commit is due although no frame was applied
  std::optional<MonotonicTime> last_commit_;
  std::uint64_t duplicate_frames_ = 0;
  std::uint64_t frames_applied_ = 0;
  std::uint64_t commits_ = 0;
};

MergeTask::Impl::Impl(Parts parts, ShufflePartition merge, MergeProgress progress,
                      MergeTaskOptions options)
    : parts_(std::move(parts)),
      merge_(merge),
      options_(options),
      committed_(std::move(progress)),
      queries_(MergeQueriesOf(*parts_.context->plan, parts_.context->start_time)),
      frames_(LedgerSpecOf(*parts_.context)),
      cells_(queries_, merge, parts_.context->merges(),
             parts_.store == nullptr ? OpenCells::Track::kNothing : OpenCells::Track::kDirtyCells),
      closing_(queries_, cells_),
      rows_(*parts_.context, queries_),
      ledger_(*parts_.context, queries_, merge),
      commit_(*parts_.producer, *parts_.context, merge),
      delay_(parts_.meter),
      checkpoint_(parts_.store, queries_, cells_,
                  {options.checkpoint_interval, options.checkpoint_chunk_cells}),
      restore_({parts_.store, &checkpoint_, &cells_}, merge, committed_),
      ring_(options.savepoint_ring) {}

StepResult MergeTask::Impl::Step(MonotonicTime now) {
  if (ended_) return *ended_;
  if (!last_commit_) last_commit_ = now;
  StepResult result = Advance(now);
  if (result.outcome == StepOutcome::kHalted || result.outcome == StepOutcome::kRewind) {
    result.reason =
        StrCat("merge-", merge_, " of ", parts_.context->names.pipeline, ": ", result.reason);
    ended_ = result;
  }
  return result;
}

StepResult MergeTask::Impl::Advance(MonotonicTime now) {
  if (phase_ == Phase::kRestoring) return ContinueRestore();
  if (commit_.active()) return ContinueCommit(now);
  if (closing_active_) return ContinueClosing(now);
  if (CommitDue(now)) {
    StartCommit();
    return ContinueCommit(now);
  }
  const bool wrote = ContinueCheckpoint(now);
  if (draining_) return ContinueDrain(now);
  StepResult read = ReadFrames();
  if (read.outcome == StepOutcome::kIdle && wrote) return Worked();
  return read;
}

StepResult MergeTask::Impl::ContinueRestore() {
  const std::optional<RestorePlan> plan = restore_.Step();
  if (!plan) return Worked();
  restored_from_store_ = plan->from_mark;
  frames_.Restore(plan->from);
  cells_.SetCounts(plan->from.counts);
  fired_ = plan->from.combined;
  replay_from_ = plan->from.next_frame;
  ring_.Add(committed_.replay_point);
  ring_.Add(plan->from);
  feed_.emplace(*parts_.log,
                TopicPartition{parts_.context->names.ShuffleTopic(), Partition(merge_.value())},
                plan->from.next_frame);
  phase_ = Phase::kReplaying;
  if (frames_.next_frame() == committed_.commit_point.next_frame) return FinishReplay();
  return Worked();
}

StepResult MergeTask::Impl::ReadFrames() {
  const bool fetches = feed_->used_up();
  StepResult filled = feed_->Fill(Limits());
  if (filled.outcome != StepOutcome::kWorked) return filled;
  if (fetches) delay_.FramesTaken();
  while (const RecordView* record = feed_->Next()) {
    if (StepResult applied = ApplyFrame(*record); applied.outcome != StepOutcome::kWorked)
      return applied;
    if (closing_active_) break;
  }
  return Worked();
}

// Only frames move time, so a task that read nothing more at three quarters of its memory would
// never free any. It reads frame by frame there, closing what it can in between, and stops for good
// at the whole.
FetchLimits MergeTask::Impl::Limits() const {
  FetchLimits limits = options_.fetch;
  if (HeldBytes() >= options_.memory_bytes / 4 * 3) limits.records = 1;
  return limits;
}

StepResult MergeTask::Impl::ApplyFrame(const RecordView& record) {
  if (!record.value) return Halted(StrCat("frame at offset ", record.offset, " has no value"));
  auto reader = FrameReader::Open(*record.value);
  if (!reader.ok())
    return Halted(StrCat("frame at offset ", record.offset, ": ", reader.status().ToString()));
  const FrameDecision decision = frames_.Judge(reader->header());
  if (decision.verdict == FrameVerdict::kHalt)
    return Halted(StrCat("offset ", record.offset, ": ", decision.alarm));
  if (decision.verdict == FrameVerdict::kApply) {
    if (const auto merged = MergeBlocks(*reader, record.offset); !merged.ok()) {
      return Halted(StrCat("frame at offset ", record.offset, ", lane ", reader->header().lane,
                           ", sequence ", reader->header().sequence, ": ", merged.message()));
    }
    frames_.Apply(reader->header());
    ++frames_applied_;
  } else {
    ++duplicate_frames_;
  }
  frames_.Pass(record.offset, record.timestamp_ms);
  if (const std::size_t held = HeldBytes(); held >= options_.memory_bytes) {
    return Halted(StrCat(
        "open windows need ", held, " bytes of ", options_.memory_bytes,
        "; the largest queries: ", cells_.Largest(),
        "; raise worker.memory, or use fewer keys, shorter windows or more shuffle partitions"));
  }
  return phase_ == Phase::kReplaying ? AfterReplayedFrame() : AfterFrame();
}

tidemark::Status MergeTask::Impl::MergeBlocks(FrameReader& reader, Offset frame) {
  while (true) {
    TM_ASSIGN_OR_RETURN(const std::optional<BlockHeader> block, reader.NextBlock());
    if (!block) return {};
    TM_RETURN_IF_ERROR(cells_.MergeBlock(*block, reader, frame, frames_.combined()));
  }
}

StepResult MergeTask::Impl::AfterFrame() {
  if (!frames_.between_parts() && frames_.combined() != fired_) BeginClosing(std::nullopt);
  return Worked();
}

StepResult MergeTask::Impl::AfterReplayedFrame() {
  const Offset target = committed_.commit_point.next_frame;
  if (frames_.next_frame() > target) {
    return Halted(StrCat("the replay passed the commit point at frame ", target, " and stands at ",
                         frames_.next_frame(),
                         ": the shuffle topic is not the one that was committed"));
  }
  if (frames_.next_frame() == target) return FinishReplay();
  if (frames_.between_parts()) return Worked();
  if (frames_.combined() != fired_) {
    cells_.SettleThrough(*frames_.combined());
    fired_ = frames_.combined();
    DropSettled();
  }
  if (frames_.next_frame().value() - ring_.last()->value() >= kReplaySavepointFrames) {
    Savepoint savepoint = frames_.Snapshot();
    savepoint.counts = cells_.counts();
    ring_.Add(savepoint);
  }
  return Worked();
}

StepResult MergeTask::Impl::FinishReplay() {
  if (frames_.between_parts()) return Halted("the commit point lies between the parts of a frame");
  if (committed_.cursor) {
    cells_.SettleBefore(TriggerOf(*committed_.cursor));
  } else if (frames_.combined()) {
    cells_.SettleThrough(*frames_.combined());
  }
  Savepoint savepoint = frames_.Snapshot();
  savepoint.counts = cells_.counts();
  if (const auto difference = Difference(committed_.commit_point, savepoint))
    return Halted(*difference);
  cells_.SetCounts(committed_.commit_point.counts);
  phase_ = Phase::kRunning;
  announce_ = frames_.combined().has_value();
  if (committed_.cursor) {
    BeginClosing(committed_.cursor);
    return Worked();
  }
  ring_.Add(committed_.commit_point);
  fired_ = frames_.combined();
  DropSettled();
  return Worked();
}

void MergeTask::Impl::BeginClosing(const std::optional<ClosingCursor>& cursor) {
  closing_.Begin(fired_, *frames_.combined(), cursor);
  if (cursor) delay_.FramesTaken();
  delay_.ClosingBegins();
  closing_active_ = true;
  cursor_ = cursor;
}

StepResult MergeTask::Impl::ContinueClosing(MonotonicTime now) {
  if (!outbox_since_) outbox_since_ = now;
  for (std::size_t keys = 0; keys < kKeysPerStep; ++keys) {
    const Emission* emission = closing_.Next();
    if (emission == nullptr) {
      FinishClosing();
      return Worked();
    }
    const auto written = rows_.Write(*emission, outbox_);
    if (!written.ok())
      return Halted(
          StrCat("query ", emission->query->plan().name, ": ", written.status().ToString()));
    cells_.AddRows(emission->trigger.instance, *written);
    if (*written > 0) delay_.Rows(emission->trigger);
    if (OutboxFull(now)) {
      cursor_ = CursorAt(*emission);
      StartCommit();
      break;
    }
  }
  return Worked();
}

bool MergeTask::Impl::OutboxFull(MonotonicTime now) const {
  return outbox_.records() >= options_.close_records || outbox_.bytes() >= options_.close_bytes ||
         now - *outbox_since_ >= options_.close_time;
}

void MergeTask::Impl::FinishClosing() {
  closing_active_ = false;
  delay_.ClosingEnds();
  if (cursor_) announce_ = true;
  cursor_.reset();
  fired_ = frames_.combined();
  cells_.SettleThrough(*fired_);
  if (outbox_.records() == 0) DropSettled();
}

void MergeTask::Impl::DropSettled() {
  checkpoint_.BeforeDrop(frames_.next_frame());
  checkpoint_.Dropped(cells_.DropSettled(), frames_.next_frame());
}

bool MergeTask::Impl::CommitDue(MonotonicTime now) const {
  if (phase_ != Phase::kRunning || frames_.between_parts()) return false;
  if (outbox_.records() > 0) return true;
  return Uncommitted() && now - *last_commit_ >= options_.commit_interval;
}

void MergeTask::Impl::StartCommit() {
  // With every commit that passes a frame: after a restart its sections are not seen again.
  ledger_.WriteSources(frames_, outbox_);
  if (cursor_) {
    cells_.SettleBefore(TriggerOf(*cursor_));
  } else if (fired_) {
    ledger_.WriteQueries(*fired_, cells_.counts(), outbox_);
  }
  next_ = {.incarnation = committed_.incarnation, .epoch = committed_.epoch, .cursor = cursor_};
  next_.commit_point = frames_.Snapshot();
  next_.commit_point.counts = cells_.counts();
  const std::optional<Offset> first_frame = cells_.FirstFrame();
  next_.replay_point = first_frame ? ring_.NewestNotAfter(*first_frame) : next_.commit_point;
  commit_.Start(outbox_, EncodeProgress(next_));
}

StepResult MergeTask::Impl::ContinueCommit(MonotonicTime now) {
  Commit::Outcome outcome = commit_.Continue(options_.call_timeout);
  switch (outcome.state) {
    case Commit::State::kPending:
      return {StepOutcome::kIdle, ""};
    case Commit::State::kRewind:
      return {StepOutcome::kRewind, std::move(outcome.reason)};
    case Commit::State::kHalt:
      return Halted(std::move(outcome.reason));
    case Commit::State::kDone:
      break;
  }
  Committed(now);
  return Worked();
}

void MergeTask::Impl::Committed(MonotonicTime now) {
  committed_ = std::move(next_);
  ++commits_;
  delay_.Committed();
  last_commit_ = now;
  outbox_.Clear();
  outbox_since_.reset();
  announce_ = false;
  DropSettled();
  // First, so that a full ring drops what nothing needs, not the replay point.
  ring_.ForgetBefore(committed_.replay_point.next_frame);
  if (!committed_.cursor) ring_.Add(committed_.commit_point);
}

bool MergeTask::Impl::ContinueCheckpoint(MonotonicTime now) {
  if (phase_ != Phase::kRunning) return false;
  if (!checkpoint_.active()) {
    const bool wanted =
        draining_ ? checkpoint_.Useful(committed_) : checkpoint_.Due(now, committed_);
    if (!wanted || Uncommitted() || frames_.between_parts()) return false;
    checkpoint_.Begin(now, committed_);
  }
  checkpoint_.Step(frames_.next_frame());
  return true;
}

StepResult MergeTask::Impl::ContinueDrain(MonotonicTime now) {
  if (phase_ == Phase::kRunning && Uncommitted() && !frames_.between_parts()) {
    StartCommit();
    return ContinueCommit(now);
  }
  if (phase_ == Phase::kRunning && checkpoint_.active()) return Worked();
  if (phase_ == Phase::kRunning && !Uncommitted() && checkpoint_.Useful(committed_))
    return Worked();
  drained_ = true;
  return {StepOutcome::kIdle, ""};
}

MergeTaskStatus MergeTask::Impl::Status() const {
  MergeTaskStatus status;
  const std::int64_t target = committed_.commit_point.next_frame.value();
  const bool running = phase_ == Phase::kRunning;
  status.phase = running ? MergeTaskStatus::Phase::kRunning : MergeTaskStatus::Phase::kReplaying;
  const std::int64_t whole = std::max<std::int64_t>(target - replay_from_.value(), 1);
  const std::int64_t done = frames_.next_frame().value() - replay_from_.value();
  status.replay_ratio = running ? 1.0 : static_cast<double>(done) / static_cast<double>(whole);
  status.combined = frames_.combined();
  status.next_frame = frames_.next_frame();
  status.open_cells = cells_.cells();
  status.open_windows = cells_.windows();
  status.state_bytes = HeldBytes();
  status.duplicate_frames = duplicate_frames_;
  status.frames = frames_applied_;
  status.commits = commits_;
  status.checkpoints = checkpoint_.completed();
  status.counts = cells_.counts();
  status.restored_from_store = restored_from_store_;
  status.replay_from = replay_from_;
  status.checkpoint_trouble = checkpoint_.trouble();
  return status;
}

MergeTask::MergeTask(Parts parts, ShufflePartition merge, MergeProgress progress,
                     MergeTaskOptions options)
    : impl_(std::make_unique<Impl>(std::move(parts), merge, std::move(progress), options)) {}
MergeTask::~MergeTask() = default;
StepResult MergeTask::Step(MonotonicTime now) { return impl_->Step(now); }
void MergeTask::Drain() { impl_->Drain(); }
bool MergeTask::Drained() const { return impl_->Drained(); }
const MergeProgress& MergeTask::committed() const { return impl_->committed(); }
MergeTaskStatus MergeTask::Status() const { return impl_->Status(); }

}  // namespace tidemark
