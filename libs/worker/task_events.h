// Tells the life of one task to the log, one line per event: assigned, taken over, restored,
// blocked, begun again, ended. Thread: that of its host.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/session.h"
#include "worker/running_task.h"
#include "worker/takeover.h"

namespace tidemark {

class TaskEvents {
 public:
  // How often a running task is looked at; a merge that is being restored more often, so that the
  // time which it took is told exactly. The first look is at once.
  static constexpr Duration kLookInterval{250};
  static constexpr Duration kRestoreLookInterval{10};

  TaskEvents(std::shared_ptr<const PipelineDefinition> pipeline, TaskId task, OwnerEpoch epoch);

  void Assigned() const;
  // Its progress partition lies behind somebody's open transaction.
  void Blocked();
  // A take-over that goes on: told when it takes long, with what it is at. True: it was told now.
  bool Taking(const Takeover& takeover, MonotonicTime now);
  void Taken(const TaskProgress& progress, MonotonicTime now);
  // A task that runs: says when a merge is restored, and when transactions of others that are left
  // open begin and cease to stand in a lane's way.
  void Look(const RunningTask& task, MonotonicTime now);
  void BeginsAgain(const std::string& why, MonotonicTime now);
  void Ended(TaskState state, const std::string& reason) const;

 private:
  void LookAtMerge(const MergeTaskStatus& status, MonotonicTime now);
  void LookAtLane(const SourceTaskStatus& status);
  std::string PositionsOf(const LaneProgress& progress) const;

  std::shared_ptr<const PipelineDefinition> pipeline_;  // immutable
  std::string name_;                                    // "voice/lane-3"
  OwnerEpoch epoch_;
  bool blocked_ = false;
  std::optional<MonotonicTime> taking_since_;  // the take-overs since it last ran
  MonotonicTime taking_told_;
  MonotonicTime taken_at_;
  std::optional<MonotonicTime> next_look_;
  std::optional<std::int64_t> committed_frame_;  // of a merge until it is restored
  std::vector<SourceState> states_;              // of a lane's sources, as told
  std::string last_reason_;
  std::optional<MonotonicTime> last_reason_at_;
};

}  // namespace tidemark
