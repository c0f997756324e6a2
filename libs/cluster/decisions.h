// What the coordinator decides, from its state and who is alive. Pure: a decision is a list of
// records to write.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cluster/cluster_state.h"
#include "cluster/task_moves.h"
#include "session/session.h"

namespace tidemark {

struct LivingWorker {
  Incarnation incarnation;
  bool takes_tasks =
      true;  // false while it drains: it keeps what it has not let go of, and gets none
};
using LivingWorkers = std::map<std::string, LivingWorker>;  // by worker id

struct OwnershipDecision {
  Decision records;             // empty: nothing to change
  std::vector<TaskMove> moves;  // every assignment among them
};

// Who shall hold which task. Tasks of running pipelines are dealt by AssignTasks; all others become
// nobody's. A task whose owner changes, restarts (a new incarnation of the same worker) or has
// given it up (`released`) gets the next epoch: no epoch is ever given to two worker incarnations.
// `left`: workers that are gone because they were told to end; for the reasons of moves only.
OwnershipDecision DecideOwnership(const ClusterState& state, const LivingWorkers& workers,
                                  const std::set<TaskAddress>& released,
                                  const std::set<WorkerIdentity>& left = {});

// A task that reports HALTED halts its pipeline, if the report is of the present owner and epoch.
Decision DecideHalts(const ClusterState& state, const WorkerIdentity& worker,
                     const std::vector<TaskReport>& reports);

// The tasks that their present owner has let go of (DRAINED, STALE or FAILED under the present
// epoch).
std::set<TaskAddress> ReleasedTasks(const ClusterState& state, const WorkerIdentity& worker,
                                    const std::vector<TaskReport>& reports);

// Removes the records of pipelines in DELETING whose tasks are all nobody's.
Decision DecideRemovals(const ClusterState& state);

// A new pipeline and its tasks, each at epoch 0 and nobody's.
Decision DecideCreation(const PipelineDefinition& pipeline);

}  // namespace tidemark
