// A whole cluster in one process, stepped by one thread: memory log, coordinator, workers, and what
// they say.
//
// Every coordinator and worker is a *process* of its own as far as the log can tell: it has a
// client of its own, so it can be killed, paused and fenced like one. With a ManualClock the run is
// a function of the calls made here and of the faults injected; with a SteadyClock it is an
// ordinary cluster.
//
//   EmbeddedCluster cluster(clock, {.load_plan = ...});
//   cluster.StartCoordinator();
//   for (const char* id : {"w1", "w2"}) cluster.StartWorker(id, &stores[id]);
//   cluster.log().NewClient("me")->NewAdmin()->CreateTopic(...);
//   const auto pipeline = cluster.ApplyAndWait({.plan = plan, .text = text}, [&] {
//   clock.Advance(1ms); }); while (...) if (!cluster.Step()) clock.Advance(1ms);
//
// Thread: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cluster/coordinator.h"
#include "embedded/carrier.h"
#include "log_memory/memory_log.h"
#include "worker/worker.h"

namespace tidemark {

// Names one start of a coordinator or worker; never reused.
using ProcessId = Strong<struct ProcessIdTag, std::uint64_t>;

struct EmbeddedOptions {
  std::uint64_t seed = 1;  // of incarnations
  CoordinatorOptions coordinator;
  WorkerOptions worker;  // cluster, id and address are set here
  MemoryLogOptions log;
  PlanLoader load_plan;
  MessageFaults* message_faults = nullptr;  // outlives the cluster; nullptr: none
};

class EmbeddedCluster {
 public:
  // `clock` outlives the cluster.
  EmbeddedCluster(const Clock& clock, EmbeddedOptions options);
  ~EmbeddedCluster();

  MemoryLog& log() { return log_; }

  // Steps every process that runs once, and carries messages. True if somebody wants to go on at
  // once.
  bool Step();

  // A coordinator that is there already is stepped on until it notices that it was fenced.
  ProcessId StartCoordinator();
  // `stores` outlives the process; nullptr: no checkpoints.
  ProcessId StartWorker(const std::string& id, CellStores* stores);
  // As kill -9: nothing is committed, no message is sent; open transactions stay open.
  void Kill(ProcessId process);
  // As SIGSTOP: not stepped, hears nothing; what is sent to it waits. Its open transactions run
  // into their timeout.
  void Pause(ProcessId process);
  void Resume(ProcessId process);
  // As SIGTERM: commits what was read, leaves; then the process is gone.
  void Drain(ProcessId process);
  // nullptr if it is gone (killed, left, replaced, stepped down, or dead by a fault of its log
  // client).
  MemoryLogClient* client(ProcessId process);

  // The coordinator that leads, nullptr if none.
  Coordinator* leader();
  const std::map<ProcessId, std::unique_ptr<struct WorkerProcess>>& workers() const {
    return workers_;
  }
  std::vector<ProcessId> coordinators() const;
  // The state of every task on every worker that runs.
  std::vector<TaskReport> Reports() const;
  std::map<TaskAddress, TaskStatus> Statuses() const;
  // FAILED_PRECONDITION naming a task that has stopped for good, and why.
  Status Health() const;

  // Applies, stepping until the answer is there; `idle` is called when nobody has anything to do
  // (advance the clock). Tries again while no coordinator leads; UNAVAILABLE after kMostIdle calls
  // of `idle`.
  static constexpr int kMostIdle = 10'000;
  Result<PipelineDefinition> ApplyAndWait(const ApplyRequest& request,
                                          const std::function<void()>& idle);

 private:
  struct CoordinatorProcess;
  struct Up {
    ProcessId coordinator;  // lost if it is gone
    Upward message;
  };

  bool StepCoordinators(MonotonicTime now);
  bool StepWorkers(MonotonicTime now);
  void DeliverUp(MonotonicTime now);
  void DeliverDown(MonotonicTime now);
  void RemoveDead();

  const Clock& clock_;
  EmbeddedOptions options_;
  MemoryLog log_;
  Random random_;
  ProcessId last_process_;
  std::map<ProcessId, std::unique_ptr<CoordinatorProcess>> coordinators_;
  std::map<ProcessId, std::unique_ptr<WorkerProcess>> workers_;
  Carrier<Up> up_;
  Carrier<Downward> down_;
};

// One worker process. `client` comes first: the worker's handles go before it.
struct WorkerProcess {
  std::unique_ptr<MemoryLogClient> client;
  std::unique_ptr<Worker> worker;
  bool paused = false;
  std::vector<DownwardContent> waiting;  // while paused
};

}  // namespace tidemark
