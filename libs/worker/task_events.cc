#include "worker/task_events.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

// The same reason again within this time is not told again.
constexpr Duration kSameReason{30'000};
// A take-over takes a second where brokers are well.
constexpr Duration kLongTakeover{10'000};
// Positions named in one line; a lane may have hundreds.
constexpr std::size_t kMostPositions = 8;

}  // namespace

TaskEvents::TaskEvents(std::shared_ptr<const PipelineDefinition> pipeline, TaskId task,
                       OwnerEpoch epoch)
    : pipeline_(std::move(pipeline)),
      name_(StrCat(pipeline_->name, "/", task.ToString())),
      epoch_(epoch) {}

void TaskEvents::Assigned() const {
  LogInfo(StrCat(name_, " is assigned to this worker, epoch ", epoch_));
}

void TaskEvents::Blocked() {
  if (std::exchange(blocked_, true)) return;
  LogInfo(StrCat(name_, " waits: its progress lies behind an open transaction of somebody else, ",
                 "until that ends or times out (BLOCKED_BY_OPEN_TRANSACTION)"));
}

bool TaskEvents::Taking(const Takeover& takeover, MonotonicTime now) {
  if (!taking_since_) taking_since_ = taking_told_ = now;
  const bool first = taking_told_ == *taking_since_;
  if (now - taking_told_ < (first ? kLongTakeover : kSameReason)) return false;
  taking_told_ = now;
  LogWarning(StrCat(name_, " is not taken over after ", (now - *taking_since_).count() / 1'000,
                    " s: ", takeover.Doing(), ". It tries on; look at the brokers"));
  return true;
}

void TaskEvents::Taken(const TaskProgress& progress, MonotonicTime now) {
  blocked_ = false;
  taking_since_.reset();
  taken_at_ = now;
  next_look_.reset();
  states_.clear();
  if (const auto* lane = std::get_if<LaneProgress>(&progress)) {
    LogInfo(StrCat(name_, " is taken over, epoch ", epoch_, ": sequence ", lane->sequence,
                   ", reads from ", PositionsOf(*lane)));
    return;
  }
  const auto& merge = std::get<MergeProgress>(progress);
  committed_frame_ = merge.commit_point.next_frame.value();
  LogInfo(StrCat(name_, " is taken over, epoch ", epoch_, ": committed up to offset ",
                 merge.commit_point.next_frame, " of the shuffle log, open windows begin at ",
                 merge.replay_point.next_frame));
}

std::string TaskEvents::PositionsOf(const LaneProgress& progress) const {
  std::string text;
  std::size_t named = 0;
  for (const SourceProgress& source : progress.sources) {
    if (named++ == kMostPositions) {
      return StrCat(text, ", and ", progress.sources.size() - kMostPositions, " more");
    }
    const TopicPartition& where = pipeline_->sources[source.source.value()];
    text +=
        StrCat(text.empty() ? "" : ", ", where.topic, "/", where.partition, "@", source.position);
  }
  return text;
}

void TaskEvents::Look(const RunningTask& task, MonotonicTime now) {
  if (next_look_ && now < *next_look_) return;
  next_look_ = now + (committed_frame_ ? kRestoreLookInterval : kLookInterval);
  const TaskStatus status = task.Status();
  if (const auto* lane = std::get_if<SourceTaskStatus>(&status)) return LookAtLane(*lane);
  if (committed_frame_) LookAtMerge(std::get<MergeTaskStatus>(status), now);
}

void TaskEvents::LookAtMerge(const MergeTaskStatus& status, MonotonicTime now) {
  if (status.phase == MergeTaskStatus::Phase::kReplaying) return;
  const std::int64_t replayed = *committed_frame_ - status.replay_from.value();
  const auto from_store = StrCat("its checkpoint and ", replayed, " offsets of the log after it");
  const auto from_log = StrCat(replayed, " offsets of the shuffle log");
  LogInfo(StrCat(name_, " is restored from ", status.restored_from_store ? from_store : from_log,
                 ": ", status.open_cells, " cells in ", status.open_windows, " open windows, ",
                 (now - taken_at_).count(), " ms"));
  committed_frame_.reset();
}

void TaskEvents::LookAtLane(const SourceTaskStatus& status) {
  states_.resize(status.sources.size(), SourceState::kNeverReported);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const auto& source = status.sources[i];
    const bool was = states_[i] == SourceState::kBlockedByOpenTransaction;
    const bool is = source.state == SourceState::kBlockedByOpenTransaction;
    states_[i] = source.state;
    if (was == is) continue;
    const TopicPartition& where = pipeline_->sources[source.ordinal.value()];
    const std::string which = where.ToString();
    if (was) {
      LogInfo(StrCat(name_, ": ", which, " moves on, the open transaction is over"));
      continue;
    }
    LogWarning(StrCat(name_, ": ", which, " is BLOCKED_BY_OPEN_TRANSACTION at offset ",
                      source.position, ": a producer of the input has not ended its transaction; ",
                      "windows wait for it. Look there, or wait until it times out"));
  }
}

void TaskEvents::BeginsAgain(const std::string& why, MonotonicTime now) {
  committed_frame_.reset();
  if (why == last_reason_ && last_reason_at_ && now - *last_reason_at_ < kSameReason) return;
  last_reason_ = why;
  last_reason_at_ = now;
  LogInfo(StrCat(name_, " begins again from its last commit: ", why));
}

void TaskEvents::Ended(TaskState state, const std::string& reason) const {
  switch (state) {
    case TaskState::kHalted:
    case TaskState::kFailed:
      return LogWarning(StrCat(name_, " is ", TaskStateName(state), ": ", reason));
    case TaskState::kStale:
      return LogInfo(
          StrCat(name_, " is STALE and let go of: ", reason, ", so another worker owns it now"));
    case TaskState::kDrained:
      return LogDebug(StrCat(name_, " has committed what it read and ends"));
    case TaskState::kTaking:
    case TaskState::kRunning:
    case TaskState::kBlocked:
      return;
  }
}

}  // namespace tidemark
