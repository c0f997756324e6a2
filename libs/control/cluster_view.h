// What the coordinator knows, as an immutable value for other threads, and what is new in it for
// the log. Pure.
#pragma once

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

  // nullptr: nobody reports it under its present owner and epoch.
  const TaskReport* ReportOf(const TaskAddress& task) const;
};

// Changes with every change of the pipeline's record, also across deletion and creation anew.
std::string EtagOf(const PipelineDefinition& pipeline);

// One line per event since `before`: workers that joined, left or were lost, how many tasks each
// got, pipelines that changed.
std::vector<std::string> News(const ClusterView& before, const ClusterView& after);

}  // namespace tidemark
