#include "cluster/decisions.h"

#include <algorithm>

#include "base/text.h"
#include "cluster/assignment.h"

namespace tidemark {
namespace {

bool Runs(const ClusterState& state, const TaskAddress& task) {
  const PipelineDefinition* pipeline = state.Find(task.pipeline, task.incarnation);
  return pipeline != nullptr && pipeline->state == PipelineState::kRunning;
}

bool IsPresent(const ClusterState& state, const WorkerIdentity& worker, const TaskReport& report) {
  const auto found = state.tasks.find(report.task);
  return found != state.tasks.end() && found->second.worker == worker &&
         found->second.epoch == report.epoch;
}

// True while the owner still finishes what it has read.
bool Drains(const LivingWorkers& workers, const TaskOwner& owner) {
  if (!owner.worker) return false;
  const auto found = workers.find(owner.worker->id);
  return found != workers.end() && !found->second.takes_tasks &&
         found->second.incarnation == owner.worker->incarnation;
}

Decision TakeAway(const ClusterState& state) {
  Decision decision;
  for (const auto& [task, owner] : state.tasks) {
    if (!owner.worker || Runs(state, task)) continue;
    decision.push_back(EncodeTask(task, {.epoch = owner.epoch, .worker = std::nullopt}));
  }
  return decision;
}

// Why a task gets a new owner, or the same one anew.
MoveReason WhyMoved(const TaskOwner& before, const LivingWorkers& workers, bool released,
                    const std::set<WorkerIdentity>& left) {
  if (!before.worker) return MoveReason::kStarted;
  const auto owner = workers.find(before.worker->id);
  if (owner == workers.end()) {
    return left.contains(*before.worker) ? MoveReason::kLeft : MoveReason::kLost;
  }
  if (owner->second.incarnation != before.worker->incarnation) return MoveReason::kReplaced;
  if (!owner->second.takes_tasks) return MoveReason::kLeft;
  return released ? MoveReason::kFailed : MoveReason::kBalance;
}

}  // namespace

OwnershipDecision DecideOwnership(const ClusterState& state, const LivingWorkers& workers,
                                  const std::set<TaskAddress>& released,
                                  const std::set<WorkerIdentity>& left) {
  OwnershipDecision decision{TakeAway(state), {}};
  Ownership present;
  for (const auto& [task, owner] : state.tasks) {
    if (!Runs(state, task) || (Drains(workers, owner) && !released.contains(task))) continue;
    present[task] = owner.worker ? owner.worker->id : "";
  }
  std::set<std::string> takers;
  for (const auto& [id, worker] : workers) {
    if (worker.takes_tasks) takers.insert(id);
  }
  for (const auto& [task, id] : AssignTasks(present, takers)) {
    if (id.empty()) continue;
    const TaskOwner& owner = state.tasks.at(task);
    const WorkerIdentity holder{id, workers.at(id).incarnation};
    const bool let_go = released.contains(task);
    if (owner.worker == holder && !let_go) continue;
    const TaskOwner next{.epoch = owner.epoch.Plus(1), .worker = holder};
    decision.records.push_back(EncodeTask(task, next));
    decision.moves.push_back({task, next, WhyMoved(owner, workers, let_go, left)});
  }
  return decision;
}

Decision DecideHalts(const ClusterState& state, const WorkerIdentity& worker,
                     const std::vector<TaskReport>& reports) {
  Decision decision;
  std::set<std::string> halted;
  for (const TaskReport& report : reports) {
    if (report.state != TaskState::kHalted || !IsPresent(state, worker, report)) continue;
    const PipelineDefinition* pipeline = state.Find(report.task.pipeline, report.task.incarnation);
    if (pipeline == nullptr || pipeline->state != PipelineState::kRunning) continue;
    if (!halted.insert(pipeline->name).second) continue;
    PipelineDefinition changed = *pipeline;
    changed.state = PipelineState::kHalted;
    changed.reason = StrCat(report.task.ToString(), ": ", report.reason);
    decision.push_back(EncodePipeline(changed));
  }
  return decision;
}

std::set<TaskAddress> ReleasedTasks(const ClusterState& state, const WorkerIdentity& worker,
                                    const std::vector<TaskReport>& reports) {
  std::set<TaskAddress> released;
  for (const TaskReport& report : reports) {
    const bool let_go = report.state == TaskState::kDrained || report.state == TaskState::kStale ||
                        report.state == TaskState::kFailed;
    if (let_go && IsPresent(state, worker, report)) released.insert(report.task);
  }
  return released;
}

Decision DecideRemovals(const ClusterState& state) {
  Decision decision;
  for (const auto& pipeline : state.pipelines) {
    const std::string& name = pipeline.first;
    if (pipeline.second->state != PipelineState::kDeleting) continue;
    const bool held = std::any_of(state.tasks.begin(), state.tasks.end(), [&](const auto& entry) {
      return entry.first.pipeline == name && entry.second.worker;
    });
    if (held) continue;
    for (const auto& [task, owner] : state.tasks) {
      if (task.pipeline == name) decision.push_back(RemoveTask(task));
    }
    decision.push_back(RemovePipeline(name));
  }
  return decision;
}

Decision DecideCreation(const PipelineDefinition& pipeline) {
  Decision decision = {EncodePipeline(pipeline)};
  for (const TaskId task : pipeline.Tasks()) {
    decision.push_back(EncodeTask({pipeline.name, pipeline.incarnation, task}, TaskOwner()));
  }
  return decision;
}

}  // namespace tidemark
