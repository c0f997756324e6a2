// One assigned task from the assignment to its end: takes it over, runs it, takes it over again
// after a rewind.
//
// States (those of TaskReport): TAKING or BLOCKED -> RUNNING -> (rewind, fenced: pause, TAKING
// again with the same epoch) and the ends DRAINED, STALE, FAILED, HALTED, in which the host holds
// nothing of the task any more. After kMostRetries in a row without a commit of the task's own it
// is FAILED, and the coordinator decides. Thread: one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "worker/running_task.h"
#include "worker/takeover.h"
#include "worker/task_events.h"

namespace tidemark {

// True for the states in which a task is over: its host holds nothing of it any more.
bool HasEnded(TaskState state);

class TaskHost {
 public:
  static constexpr int kMostRetries = 3;

  struct Parts {
    TaskSurroundings surroundings;
    SharedEnds* ends = nullptr;  // outlives this
    Takeover::Target target;
    TakeoverOptions takeover;
    TaskTuning tuning;
  };
  explicit TaskHost(Parts parts);

  // Bounded work; kWorked: step again at once. Ends are reported, not returned.
  StepOutcome Step(MonotonicTime now);
  // Finishes what it has read, then ends.
  void Drain();
  bool Ended() const { return HasEnded(state_); }

  OwnerEpoch epoch() const { return parts_.target.epoch; }
  TaskReport Report() const;
  // While it runs.
  std::optional<TaskStatus> Status() const;

 private:
  StepOutcome StepTakeover(MonotonicTime now);
  StepOutcome StepTask(MonotonicTime now);
  void Start(MonotonicTime now);
  void Retry(MonotonicTime now, const std::string& why);
  void End(TaskState state, std::string reason);

  Parts parts_;
  TaskEvents events_;
  std::unique_ptr<Takeover> takeover_;
  std::unique_ptr<RunningTask> task_;
  Backoff backoff_{Duration(100), Duration(2'000)};
  TaskState state_ = TaskState::kTaking;
  std::string reason_;  // of its end; of a take-over that takes long: what it is at
  bool draining_ = false;
};

}  // namespace tidemark
