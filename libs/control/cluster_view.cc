#include "control/cluster_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/text.h"

namespace tidemark {
namespace {

using Lines = std::vector<std::string>;

std::map<WorkerIdentity, std::string> WorkersOf(const ClusterView& view) {
  std::map<WorkerIdentity, std::string> workers;
  for (const WorkerInfo& info : view.workers) workers[info.worker] = info.address;
  return workers;
}

void TellWorkers(const ClusterView& before, const ClusterView& after, Lines& lines) {
  const auto old_workers = WorkersOf(before);
  const auto new_workers = WorkersOf(after);
  for (const auto& [worker, address] : new_workers) {
    if (old_workers.contains(worker)) continue;
    lines.push_back(StrCat("worker '", worker.id, "' joined, incarnation ",
                           worker.incarnation.text(), ", at ", address));
  }
  const bool others =
      std::any_of(after.workers.begin(), after.workers.end(),
                  [](const WorkerInfo& info) { return info.phase == Heartbeat::Phase::kServing; });
  for (const WorkerInfo& info : before.workers) {
    if (new_workers.contains(info.worker)) continue;
    const bool left = info.phase == Heartbeat::Phase::kDraining;
    lines.push_back(
        StrCat("worker '", info.worker.id, "' ", left ? "left" : "is lost", ", incarnation ",
               info.worker.incarnation.text(),
               left ? "" : ": it was replaced or said nothing for the session timeout",
               others ? "; its tasks go to others" : "; its tasks wait: no other worker is there"));
  }
}

std::set<WorkerIdentity> CutOff(const ClusterView& view) {
  std::set<WorkerIdentity> cut_off;
  for (const WorkerInfo& info : view.workers) {
    if (info.phase == Heartbeat::Phase::kCutOff) cut_off.insert(info.worker);
  }
  return cut_off;
}

void TellCutOff(const ClusterView& before, const ClusterView& after, Lines& lines) {
  const auto was = CutOff(before);
  const auto is = CutOff(after);
  for (const auto& [worker, address] : WorkersOf(after)) {
    if (was.contains(worker) == is.contains(worker)) continue;
    lines.push_back(StrCat(
        "worker '", worker.id, "' ",
        is.contains(worker) ? "is cut off: no broker answers it, as its own log says; its tasks go "
                              "to others that one answers"
                            : "is answered by brokers again"));
  }
}

// What was given to a worker that is gone by now is no news: it goes to another.
void TellTasks(const ClusterView& before, const ClusterView& after, Lines& lines) {
  const auto alive = WorkersOf(after);
  std::map<std::string, std::size_t> given;
  std::size_t nobodys = 0;
  for (const auto& [task, owner] : after.state.tasks) {
    const auto old_owner = before.state.tasks.find(task);
    if (old_owner != before.state.tasks.end() && old_owner->second == owner) continue;
    if (owner.worker) {
      given[owner.worker->id] += alive.contains(*owner.worker) ? 1 : 0;
    } else if (old_owner != before.state.tasks.end() && old_owner->second.worker) {
      ++nobodys;
    }
  }
  for (const auto& [id, count] : given) {
    if (count == 0) continue;
    lines.push_back(StrCat("worker '", id, "' gets ", count, count == 1 ? " task" : " tasks"));
  }
  if (nobodys > 0) {
    lines.push_back(StrCat(nobodys, nobodys == 1 ? " task is" : " tasks are", " nobody's now"));
  }
}

void TellPipelines(const ClusterView& before, const ClusterView& after, Lines& lines) {
  for (const auto& [name, pipeline] : after.state.pipelines) {
    const auto old = before.state.pipelines.find(name);
    const bool fresh =
        old == before.state.pipelines.end() || old->second->incarnation != pipeline->incarnation;
    if (fresh) {
      lines.push_back(StrCat("pipeline '", name, "' is there, incarnation ",
                             pipeline->incarnation.text(), ": ", pipeline->lanes, " lanes, ",
                             pipeline->merges, " merges, ", PipelineStateName(pipeline->state)));
    } else if (old->second->state != pipeline->state) {
      lines.push_back(StrCat("pipeline '", name, "' is ", PipelineStateName(pipeline->state),
                             pipeline->reason.empty() ? "" : ": ", pipeline->reason));
    }
  }
  for (const auto& [name, pipeline] : before.state.pipelines) {
    if (!after.state.pipelines.contains(name)) {
      lines.push_back(StrCat("pipeline '", name, "' is deleted"));
    }
  }
}

}  // namespace

const TaskReport* ClusterView::ReportOf(const TaskAddress& task) const {
  const auto owner = state.tasks.find(task);
  if (owner == state.tasks.end() || !owner->second.worker) return nullptr;
  for (const WorkerInfo& info : workers) {
    if (info.worker != *owner->second.worker) continue;
    const auto report = std::find_if(
        info.tasks.begin(), info.tasks.end(),
        [&](const TaskReport& r) { return r.task == task && r.epoch == owner->second.epoch; });
    return report == info.tasks.end() ? nullptr : &*report;
  }
  return nullptr;
}

std::string EtagOf(const PipelineDefinition& pipeline) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t hash = Hash64(*EncodePipeline(pipeline).value);
  std::string etag;
  for (int i = 0; i < 16; ++i, hash >>= 4U) etag.push_back(kDigits[hash & 15U]);
  return etag;
}

std::vector<std::string> News(const ClusterView& before, const ClusterView& after) {
  Lines lines;
  if (!after.standing.leading || !before.standing.leading) return lines;
  TellWorkers(before, after, lines);
  TellCutOff(before, after, lines);
  TellPipelines(before, after, lines);
  TellTasks(before, after, lines);
  return lines;
}

}  // namespace tidemark
