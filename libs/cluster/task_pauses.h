// Pauses between the assignments of a task that fails again and again, so that what cannot work now
// is tried once a minute and not all the time. Pure but for the times passed in.
//
// A task that FAILED keeps its owner and its epoch while it waits, so that its reason stays to be
// seen. Pauses double from kFirst to kLongest; a task that has run for kCalm at a stretch begins
// anew. A coordinator that begins knows of no failure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "cluster/cluster_state.h"
#include "session/session.h"

namespace tidemark {

class TaskPauses {
 public:
  static constexpr Duration kFirst{1'000};
  static constexpr Duration kLongest{60'000};
  static constexpr Duration kCalm{60'000};

  // A task that has just failed.
  struct Failure {
    TaskAddress task;
    std::string reason;
    int failures = 0;  // since it last ran for kCalm
    Duration pause{0};
  };

  // What `worker` reports; of tasks that are not its own under their present epoch nothing is
  // noted. The answer: what is new.
  std::vector<Failure> Observe(const ClusterState& state, const WorkerIdentity& worker,
                               const std::vector<TaskReport>& reports, MonotonicTime now);
  // True if the task failed under `epoch`, its present one, and is not to be dealt anew yet.
  bool Waits(const TaskAddress& task, OwnerEpoch epoch, MonotonicTime now) const;
  // Forgets tasks that are gone or nobody's: paused and resumed, a pipeline begins anew.
  void Forget(const ClusterState& state);

 private:
  struct Entry {
    OwnerEpoch failed_epoch;
    Backoff backoff{kFirst, kLongest};
    std::optional<MonotonicTime> runs_since;
  };

  // Notes that it failed; nullopt: that was known.
  std::optional<Failure> Fail(const TaskReport& report, MonotonicTime now);
  void Calm(const TaskReport& report, MonotonicTime now);

  std::map<TaskAddress, Entry> entries_;  // as many as there are tasks
};

}  // namespace tidemark
