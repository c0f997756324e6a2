#include "cluster/task_pauses.h"

namespace tidemark {

std::vector<TaskPauses::Failure> TaskPauses::Observe(const ClusterState& state,
                                                     const WorkerIdentity& worker,
                                                     const std::vector<TaskReport>& reports,
                                                     MonotonicTime now) {
  std::vector<Failure> failures;
  for (const TaskReport& report : reports) {
    const auto task = state.tasks.find(report.task);
    if (task == state.tasks.end() || task->second != TaskOwner{report.epoch, worker}) continue;
    if (report.state == TaskState::kFailed) {
      if (auto failure = Fail(report, now)) failures.push_back(std::move(*failure));
    } else {
      Calm(report, now);
    }
  }
  return failures;
}

std::optional<TaskPauses::Failure> TaskPauses::Fail(const TaskReport& report, MonotonicTime now) {
  Entry& entry = entries_[report.task];
  if (entry.backoff.failures() > 0 && entry.failed_epoch == report.epoch) return std::nullopt;
  entry.failed_epoch = report.epoch;
  entry.runs_since.reset();
  entry.backoff.Fail(now);
  return Failure{report.task, report.reason, entry.backoff.failures(), entry.backoff.pause()};
}

void TaskPauses::Calm(const TaskReport& report, MonotonicTime now) {
  const auto entry = entries_.find(report.task);
  if (entry == entries_.end()) return;
  auto& since = entry->second.runs_since;
  if (report.state != TaskState::kRunning) return since.reset();
  if (!since) since = now;
  if (now - *since >= kCalm) entries_.erase(entry);
}

bool TaskPauses::Waits(const TaskAddress& task, OwnerEpoch epoch, MonotonicTime now) const {
  const auto entry = entries_.find(task);
  return entry != entries_.end() && entry->second.failed_epoch == epoch &&
         !entry->second.backoff.Ready(now);
}

void TaskPauses::Forget(const ClusterState& state) {
  std::erase_if(entries_, [&](const auto& entry) {
    const auto task = state.tasks.find(entry.first);
    return task == state.tasks.end() || !task->second.worker;
  });
}

}  // namespace tidemark
