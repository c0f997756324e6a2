// The coordinator: owns the pipelines' desired state, finds out who is alive, deals tasks to
// workers.
//
// It is driven from outside: Handle() takes what workers say, Step() makes a bounded number of
// calls on the log, TakeMessages() yields what to tell workers. The same object runs in the
// simulation, in an embedded cluster and in a process of its own; a transport adds nothing to it
// but bytes.
//
// Guarantees:
//  1. Nothing is acted on before its decision is read back from the metadata log: every
//     AssignmentSnapshot is a function of a committed prefix of that log, and complete.
//  2. An epoch of a task is given to one worker incarnation only, ever, by any coordinator.
//  3. Once another coordinator has claimed the term, this one says nothing more: phase() is
//     kSteppedDown. The host may destroy it and make a new one, which then claims in its turn.
// Thread: one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cluster/metadata_log.h"
#include "cluster/pipeline_creation.h"
#include "cluster/shuffle_retention.h"
#include "cluster/task_moves.h"
#include "cluster/task_pauses.h"
#include "cluster/topic_upkeep.h"
#include "cluster/worker_sessions.h"

namespace tidemark {

struct CoordinatorOptions {
  std::string cluster = "demo";  // [a-z][a-z0-9-]{0,31}
  std::string address;           // where it is reached; logged with its term
  // A worker that was silent for longer is dead: its tasks go to others. Unit ms, 1,000 to 60,000.
  Duration session_timeout{3'000};
  std::int16_t replication_factor = 1;  // of the internal topics; a pipeline's may have more
  Duration transaction_timeout{10'000};
  Duration call_timeout{50};
  // How often the shuffle log of each merge is cut at its committed replay point.
  Duration retention_interval{10'000};
};

// Names a request whose result is fetched later.
using RequestId = Strong<struct RequestIdTag, std::uint64_t>;

struct WorkerInfo {
  WorkerIdentity worker;
  std::string address;
  Heartbeat::Phase phase = Heartbeat::Phase::kServing;
  std::vector<TaskReport> tasks;
};

class Coordinator {
 public:
  static constexpr std::size_t kMostRequests = 64;
  static constexpr std::size_t kMostMessages = 10'000;
  // Of a pipeline as it is logged: Kafka takes records up to 1 MB where nothing else is set.
  static constexpr std::size_t kMostPipelineBytes = 900'000;

  enum class Phase : std::uint8_t { kClaiming, kLeading, kSteppedDown };

  // `log` outlives this. `random` names incarnations.
  Coordinator(Log* log, CoordinatorOptions options, Random random);
  ~Coordinator();

  // One bounded step.
  void Step(MonotonicTime now);
  Phase phase() const;
  // Why it stepped down, or what the claim waits for.
  const std::string& reason() const { return log_.reason(); }

  // Ignored unless leading: a worker says the same again soon.
  void Handle(const Upward& message, MonotonicTime now);
  // What to tell workers, in order.
  std::vector<Downward> TakeMessages();

  // Creates the pipeline; an equal one that exists is the answer without any change. Nothing is
  // changed in place: a differing text for an existing name is FAILED_PRECONDITION.
  RequestId ApplyPipeline(ApplyRequest request);
  // RUNNING, PAUSED or DELETING. RUNNING also resumes a halted pipeline. NOT_FOUND names the
  // nearest pipeline.
  RequestId SetPipelineState(std::string name, PipelineState wanted);
  // The result of a request, once; nullopt while it is under way. UNAVAILABLE if leadership is lost
  // meanwhile.
  std::optional<Result<PipelineDefinition>> TakeResult(RequestId request);

  // As of the last decision read back.
  const ClusterState& state() const { return log_.state(); }
  // Alive, by id.
  std::vector<WorkerInfo> Workers() const;
  // Assignments since this coordinator began, by reason.
  const std::map<MoveReason, std::uint64_t>& moves() const { return moves_.counts(); }

 private:
  struct Change {
    RequestId id;
    std::string name;
    PipelineState wanted = PipelineState::kRunning;
  };
  struct Creating {
    RequestId id;
    std::unique_ptr<PipelineCreation> creation;
    std::string name;
  };

  void BeginLeading(MonotonicTime now);
  // Everything to decide now, most urgent first; empty: nothing.
  Decision NextDecision(MonotonicTime now);
  Decision NextOwnership(MonotonicTime now);
  // Of the tasks of `worker`: those to be dealt anew now.
  std::set<TaskAddress> Released(const WorkerIdentity& worker,
                                 const std::vector<TaskReport>& reports, MonotonicTime now) const;
  void NoteFailures(const Heartbeat& heartbeat, MonotonicTime now);
  // Owners of tasks that left or were replaced.
  std::set<WorkerIdentity> Departed() const;
  Decision NextCreation(MonotonicTime now);
  void BeginCreation();
  Decision NextChange();
  Decision NextRemoval();
  Decision NextComplaint(MonotonicTime now);
  void Answer(RequestId id, Result<PipelineDefinition> result);
  void AnswerAwaited();
  void FailAllRequests();
  void TellAssignments();
  void Tell(const WorkerIdentity& worker, DownwardContent content);
  void TellAbout(const WorkerIdentity& worker, WorkerSessions::Standing standing);

  CoordinatorOptions options_;
  Random random_;
  std::unique_ptr<Admin> creation_admin_;
  std::unique_ptr<Admin> retention_admin_;
  std::unique_ptr<Admin> upkeep_admin_;
  MetadataLog log_;
  WorkerSessions sessions_;
  ShuffleRetention retention_;
  TopicUpkeep upkeep_;
  TaskMoveCounter moves_;
  TaskPauses pauses_;
  bool leads_ = false;
  bool tasks_dirty_ = false;  // the owners may have to change
  Offset told_at_;            // metadata offset of the last snapshots pushed
  std::deque<std::pair<RequestId, ApplyRequest>> applies_;
  std::optional<Creating> creating_;
  std::deque<Change> changes_;
  std::map<RequestId, std::string> awaited_;  // request -> pipeline whose record is being written
  std::map<RequestId, Result<PipelineDefinition>> results_;
  RequestId last_request_;
  std::vector<Downward> messages_;
};

}  // namespace tidemark
