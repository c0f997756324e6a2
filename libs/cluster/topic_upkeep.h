// What the coordinator does about topics after their creation: looks at them again when it begins
// to lead, when a pipeline is resumed and every kAuditInterval, and deletes the internal ones of
// pipelines that are removed.
//
// Deletion is not logged: if the coordinator ends in between, topics of an incarnation that nobody
// will ever use again stay behind. Thread: one. At most one call per step.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "cluster/cluster_state.h"
#include "cluster/topic_requirements.h"

namespace tidemark {

// Why a pipeline must stop.
struct TopicComplaint {
  std::string pipeline;
  Incarnation incarnation;
  std::string reason;
};

class TopicUpkeep {
 public:
  static constexpr int kMostDeleteFailures = 20;
  static constexpr Duration kAuditInterval{15'000};
  // So often in a row a topic is not there before it counts as gone.
  static constexpr int kSightings = 4;

  // `admin` outlives this.
  TopicUpkeep(Admin* admin, std::string cluster);

  // Looks now at the topics that running pipelines write, one by one.
  void BeginAudit(const ClusterState& state);
  void Delete(const PipelineDefinition& removed);
  std::optional<TopicComplaint> Step(const ClusterState& state, MonotonicTime now);

 private:
  struct Look {
    std::shared_ptr<const PipelineDefinition> pipeline;  // immutable
    TopicRequirement wanted;
  };
  std::optional<TopicComplaint> Audit(MonotonicTime now);
  void DeleteNext(MonotonicTime now);

  Admin* admin_;
  std::string cluster_;
  std::deque<Look> looks_;
  int sightings_ = 0;  // of the first look's topic not being there
  MonotonicTime next_audit_;
  std::deque<std::string> deletes_;
  Backoff backoff_{Duration(50), Duration(2'000)};
};

}  // namespace tidemark
