// Drops what no replay needs from the shuffle topic (protocol 3.6).
//
// Invariant: records of shuffle partition d are dropped strictly below the replay point that merge
// d has committed, and nothing else is ever dropped. Replay points only grow, so a late report is
// harmless.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/cluster_state.h"
#include "log/log.h"

namespace tidemark {

class ShuffleRetention {
 public:
  // `admin` outlives this.
  ShuffleRetention(Admin* admin, std::string cluster, Duration interval);
  // Notes the replay points of merges in the reports. A merge's first cut comes an interval after
  // it was first heard of.
  void Observe(const std::vector<TaskReport>& reports, MonotonicTime now);
  // At most one call per step, each partition at most once per interval and only if its replay
  // point moved.
  void Step(const ClusterState& state, MonotonicTime now);

 private:
  struct Call {
    TaskAddress merge;
    Offset before;
  };
  void Choose(MonotonicTime now);

  struct Entry {
    Offset replay_point;
    Offset dropped_below;
    MonotonicTime next_try;
  };
  Admin* admin_;
  std::string cluster_;
  Duration interval_;
  std::map<TaskAddress, Entry> merges_;
  std::optional<Call> call_;  // being made; repeated while it is pending
};

}  // namespace tidemark
