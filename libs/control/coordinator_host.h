// The thread that steps a coordinator, and what other threads may ask of it.
//
// It claims the term at its start, or waits as a spare until nobody leads. Once another coordinator
// has claimed, it becomes a spare too: it refuses sessions and names the leader, and leads again
// when the leader has not answered for kLeaderSilence.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/random.h"
#include "cluster/coordinator.h"
#include "cluster/term_watch.h"
#include "control/cluster_view.h"
#include "control/session_hub.h"

namespace tidemark {

struct CoordinatorHostOptions {
  enum class Begin : std::uint8_t { kClaim, kWait } begin = Begin::kClaim;
  CoordinatorOptions coordinator;
  // Where workers and clients reach this coordinator.
  std::string address;
  // True if the coordinator at an address answers and leads; takes a second at most.
  std::function<bool(const std::string& address)> leads_at;
};

// What changes a pipeline. `etag` not empty: only if it is still the present one's, else ABORTED.
struct PipelineChange {
  std::string name;
  std::string etag;
  std::optional<ApplyRequest> apply;               // this,
  PipelineState wanted = PipelineState::kRunning;  // or this state
};

class CoordinatorHost {
 public:
  static constexpr Duration kLeaderSilence{5'000};
  static constexpr std::size_t kMostChanges = 64;

  // All outlive the host.
  struct Ports {
    Log* log = nullptr;
    const Clock* clock = nullptr;
    SessionHub* hub = nullptr;
  };
  CoordinatorHost(Ports ports, CoordinatorHostOptions options, Random random);
  ~CoordinatorHost();

  void Start();
  // Ends the thread; whoever waits gets UNAVAILABLE. May be called twice.
  void Stop();

  // --- any thread
  // A view taken after the call began. UNAVAILABLE with the leader's address in it unless leading.
  Result<std::shared_ptr<const ClusterView>> Look();
  // The same whether it leads or not; nullptr if its thread does not come round in `patience`, or
  // has ended.
  std::shared_ptr<const ClusterView> See(Duration patience);
  // One change at a time, in order. DEADLINE_EXCEEDED leaves the outcome open: all changes are
  // idempotent, so ask again.
  Result<PipelineDefinition> Change(PipelineChange change, Duration deadline);
  SessionHub::Standing standing() const { return ports_.hub->standing(); }

 private:
  struct Pending {
    PipelineChange change;
    std::optional<RequestId> request;
    std::optional<Result<PipelineDefinition>> result;
  };

  void Run();
  void StepLeading(MonotonicTime now);
  void StepWaiting(MonotonicTime now);
  void Lead();
  void Await(const std::string& why);
  void StepChanges();
  Status Check(const PipelineChange& change) const;
  void FailChanges(const Status& status);
  SessionHub::Standing StandingNow() const;
  void Publish();
  ClusterView View() const;
  void TellNews();

  Ports ports_;
  CoordinatorHostOptions options_;
  Random random_;
  std::thread thread_;

  // Of the host's thread.
  std::unique_ptr<Coordinator> coordinator_;  // nullptr: it waits
  std::unique_ptr<TermWatch> watch_;
  std::string waits_because_;
  MonotonicTime next_probe_;
  std::optional<MonotonicTime> leader_seen_;
  ClusterView told_;
  std::string trouble_;  // as logged last

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool view_wanted_ = false;
  std::uint64_t views_ = 0;
  std::shared_ptr<const ClusterView> view_;  // immutable
  std::deque<std::shared_ptr<Pending>> pending_;
};

}  // namespace tidemark
