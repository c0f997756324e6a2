// The task host of one process: holds the tasks that the coordinator assigns to it, and nothing
// else.
//
// It is driven from outside: Handle() takes what the coordinator says, TakeMessages() yields what
// to tell the coordinator. Tasks run in threads of their own, each in one for its life, so that
// what is said here never waits for them; or, without threads, Step() steps every task once. It
// goes on working when no coordinator leads or answers.
//
// Guarantees:
//  1. Of what the coordinator says, a lower term or an older metadata offset is ignored.
//  2. A task that is not in the newest snapshot under its epoch is let go of at once; its next
//  owner fences it.
//  3. Trouble of one task ends that task alone.
// Memory: options.memory_bytes are shared evenly by the tasks assigned when a task begins.
// Thread: one; that of its tasks too unless task_threads says otherwise.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/session.h"
#include "worker/task_runner.h"

namespace tidemark {

// The plan of a pipeline as it was applied. Called once per pipeline incarnation and version.
using PlanLoader =
    std::function<Result<std::shared_ptr<const PipelinePlan>>(const PipelineDefinition&)>;

struct WorkerOptions {
  std::string cluster = "demo";
  std::string id = "w1";  // [a-z0-9.-]{1,63}
  std::string address;    // shown to operators
  // Unit ms; a third of the coordinator's session timeout or less.
  Duration heartbeat_interval{1'000};
  // After so long without an answer of any broker others shall have its tasks.
  Duration cut_off_after{10'000};
  Duration progress_interval{50};  // how often progress topics are read
  std::size_t memory_bytes = 1U << 30U;
  // Threads that step tasks; 0: none, Step() does, and a run is a function of its calls.
  std::size_t task_threads = 0;
  TakeoverOptions takeover;
  TaskTuning tuning;  // table_bytes and memory_bytes of it are upper limits of a task's share
};

class Worker {
 public:
  enum class Phase : std::uint8_t {
    kServing,
    kDraining,
    kLeft,      // everything is committed and let go of; the last heartbeat says so
    kReplaced,  // another process has this worker id: end, saying so
  };
  // All outlive the worker; `stores` may be nullptr: no checkpoints.
  struct Ports {
    Log* log = nullptr;
    CellStores* stores = nullptr;
    PlanLoader load_plan;
    const Clock* clock = nullptr;  // of the task threads and of what is measured; needed only with
                                   // threads
  };
  Worker(Ports ports, WorkerOptions options, Incarnation incarnation);
  ~Worker();

  // Without task threads: steps every task once; kWorked: some task wants to go on at once. With
  // them: only looks how they are.
  StepOutcome Step(MonotonicTime now);
  void Handle(const DownwardContent& message);
  // Hello when it is due, then a heartbeat when it is due.
  std::vector<Upward> TakeMessages(MonotonicTime now);
  // Commits what was read and leaves; phase() tells when. For SIGTERM.
  void Drain();

  Phase phase() const { return phase_; }
  WorkerIdentity identity() const { return {options_.id, incarnation_}; }
  Term term() const { return term_; }
  std::vector<TaskReport> Reports() const;
  std::map<TaskAddress, TaskStatus> Statuses() const;
  // What tasks measured here since this object began; never goes down.
  TaskCounts Counts() const;
  // Of an assigned task; nullptr if its pipeline's plan does not load.
  std::shared_ptr<const TaskContext> ContextOf(const TaskAddress& task) const;

 private:
  struct Pipeline {
    std::shared_ptr<const TaskContext> context;  // immutable; nullptr: its plan does not load
    std::string error;
  };
  using PipelineKey = std::pair<std::string, Incarnation>;
  // The group of a task that is held, or that its group may still hold.
  struct Place {
    std::size_t group = 0;
    std::uint64_t gone_after = 0;  // posts after which the group has let go; 0: it is held
  };
  // A task that is assigned, and where it is stepped.
  struct Held {
    TaskOrder order;
    std::size_t group = 0;
  };

  void BeginGroups();
  void Adopt(const AssignmentSnapshot& snapshot);
  void LetGo(const AssignmentSnapshot& snapshot);
  void Take(const Assignment& assignment, const AssignmentSnapshot& snapshot);
  // The group of a task; the one that holds it, or held it last, if it may not have let go yet.
  std::size_t GroupOf(const TaskAddress& task);
  void ForgetPlaces();
  void PostOrders();
  const Pipeline& PipelineOf(const std::shared_ptr<const PipelineDefinition>& definition);
  Pipeline Load(const PipelineDefinition& definition) const;
  void DropUnusedPipelines();
  TaskTuning ShareOf(std::size_t tasks) const;
  bool AllEnded() const;
  Heartbeat NextHeartbeat(MonotonicTime now);

  Ports ports_;
  WorkerOptions options_;
  Incarnation incarnation_;
  std::vector<std::unique_ptr<TaskRunner>> groups_;
  std::map<PipelineKey, Pipeline> pipelines_;
  std::map<TaskAddress, TaskReport> refused_;  // tasks whose pipeline's plan does not load
  std::map<TaskAddress, Held> held_;
  std::map<TaskAddress, Place> places_;
  std::uint64_t posts_ = 0;
  Phase phase_ = Phase::kServing;
  Term term_;
  Offset at_;
  bool hello_due_ = true;
  bool said_goodbye_ = false;
  std::optional<MonotonicTime> last_heartbeat_;
  std::optional<MonotonicTime> unanswered_since_;  // by any broker; as of the last heartbeat
};

}  // namespace tidemark
