#include "worker/task_host.h"

#include <utility>

namespace tidemark {

bool HasEnded(TaskState state) {
  return state == TaskState::kDrained || state == TaskState::kStale ||
         state == TaskState::kFailed || state == TaskState::kHalted;
}

TaskHost::TaskHost(Parts parts)
    : parts_(std::move(parts)),
      events_(parts_.target.pipeline, parts_.target.task, parts_.target.epoch) {
  events_.Assigned();
}

StepOutcome TaskHost::Step(MonotonicTime now) {
  if (Ended()) return StepOutcome::kIdle;
  if (draining_ && !task_) {
    End(TaskState::kDrained, "");
    return StepOutcome::kIdle;
  }
  if (!backoff_.Ready(now)) return StepOutcome::kIdle;
  return task_ ? StepTask(now) : StepTakeover(now);
}

StepOutcome TaskHost::StepTakeover(MonotonicTime now) {
  if (!takeover_) {
    const TaskSurroundings& surroundings = parts_.surroundings;
    takeover_ = std::make_unique<Takeover>(
        Takeover::Ports{surroundings.log, parts_.ends, surroundings.meter}, parts_.target,
        parts_.takeover);
  }
  const Takeover::Outcome outcome = takeover_->Step(now);
  switch (outcome) {
    case Takeover::Outcome::kWorked:
    case Takeover::Outcome::kWaiting:
      if (outcome == Takeover::Outcome::kWorked) state_ = TaskState::kTaking;
      if (events_.Taking(*takeover_, now)) reason_ = takeover_->Doing();
      return outcome == Takeover::Outcome::kWorked ? StepOutcome::kWorked : StepOutcome::kIdle;
    case Takeover::Outcome::kBlocked:
      state_ = TaskState::kBlocked;
      events_.Blocked();
      return StepOutcome::kIdle;
    case Takeover::Outcome::kTaken:
      Start(now);
      return StepOutcome::kWorked;
    case Takeover::Outcome::kStale:
      End(TaskState::kStale, takeover_->reason());
      return StepOutcome::kIdle;
    case Takeover::Outcome::kLost:
      Retry(now, takeover_->reason());
      return StepOutcome::kIdle;
    case Takeover::Outcome::kHalted:
      End(TaskState::kHalted, takeover_->reason());
      return StepOutcome::kIdle;
  }
  return StepOutcome::kIdle;
}

void TaskHost::Start(MonotonicTime now) {
  events_.Taken(takeover_->progress(), now);
  task_ = StartTask(parts_.surroundings, takeover_->TakeProducer(), parts_.target.task,
                    takeover_->progress(), parts_.tuning);
  takeover_.reset();
  reason_.clear();
  state_ = TaskState::kRunning;
}

StepOutcome TaskHost::StepTask(MonotonicTime now) {
  const StepResult result = task_->Step(now);
  if (result.outcome == StepOutcome::kRewind) {
    if (task_->commits() > 0) backoff_.Reset();
    Retry(now, result.reason);
    return StepOutcome::kIdle;
  }
  if (result.outcome == StepOutcome::kHalted) {
    End(TaskState::kHalted, result.reason);
    return StepOutcome::kIdle;
  }
  events_.Look(*task_, now);
  if (draining_ && task_->Drained()) {
    End(TaskState::kDrained, "");
    return StepOutcome::kIdle;
  }
  return result.outcome;
}

void TaskHost::Retry(MonotonicTime now, const std::string& why) {
  events_.BeginsAgain(why, now);
  task_.reset();
  takeover_.reset();
  state_ = TaskState::kTaking;
  backoff_.Fail(now);
  if (backoff_.failures() > kMostRetries) End(TaskState::kFailed, why);
}

void TaskHost::End(TaskState state, std::string reason) {
  events_.Ended(state, reason);
  reason_ = std::move(reason);
  state_ = state;
  task_.reset();
  takeover_.reset();
}

void TaskHost::Drain() {
  draining_ = true;
  if (task_) task_->Drain();
}

TaskReport TaskHost::Report() const {
  const PipelineDefinition& pipeline = *parts_.target.pipeline;
  TaskReport report{.task = {pipeline.name, pipeline.incarnation, parts_.target.task},
                    .epoch = parts_.target.epoch,
                    .state = state_,
                    .reason = reason_};
  if (task_) report.committed_replay_point = task_->committed_replay_point();
  return report;
}

std::optional<TaskStatus> TaskHost::Status() const {
  if (!task_) return std::nullopt;
  return task_->Status();
}

}  // namespace tidemark
