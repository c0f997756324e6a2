// What the coordinator knows, as an immutable value for other threads, and what is new in it for
// the log. Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/coordinator.h"
#include "control/session_hub.h"

namespace tidemark {

struct ClusterView {
  std::string cluster;
  SessionHub::Standing standing;
  ClusterState state;
  std::vector<WorkerInfo> workers;  // alive, by id; empty unless leading
  bool waits = false;               // a spare that knows the log: it leads once nobody else does
  // Assignments since this coordinator leads, by reason; all reasons.
  std::map<MoveReason, std::uint64_t> moves = TaskMoveCounter().counts();

  // nullptr: nobody reports it under its present owner and epoch.
  const TaskReport* ReportOf(const TaskAddress& task) const;
};

// Changes with every change of the pipeline's record, also across deletion and creation anew.
std::string EtagOf(const PipelineDefinition& pipeline);

// One line per event since `before`: workers that joined, left or were lost, how many tasks each
// got, pipelines that changed.
std::vector<std::string> News(const ClusterView& before, const ClusterView& after);

}  // namespace tidemark
