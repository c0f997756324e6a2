#include "cluster/cluster_state.h"

namespace tidemark {

AssignmentSnapshot ClusterState::SnapshotFor(const WorkerIdentity& worker) const {
  AssignmentSnapshot snapshot{.term = term, .at = next};
  for (const auto& [task, owner] : tasks) {
    if (owner.worker != worker) continue;
    const PipelineDefinition* pipeline = Find(task.pipeline, task.incarnation);
    if (pipeline == nullptr) continue;
    snapshot.tasks.push_back({task, owner.epoch, pipeline->version});
    snapshot.pipelines[task.pipeline] = pipelines.at(task.pipeline);
  }
  return snapshot;
}

const PipelineDefinition* ClusterState::Find(std::string_view name,
                                             const Incarnation& incarnation) const {
  const auto found = pipelines.find(std::string(name));
  if (found == pipelines.end() || found->second->incarnation != incarnation) return nullptr;
  return found->second.get();
}

}  // namespace tidemark
