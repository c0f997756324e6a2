#include "embedded/embedded_cluster.h"

#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostWaiting = 10'000;  // messages kept for a paused process

}  // namespace

struct EmbeddedCluster::CoordinatorProcess {
  std::unique_ptr<MemoryLogClient> client;
  std::unique_ptr<Coordinator> coordinator;
  bool paused = false;
  std::vector<Upward> waiting;
};

EmbeddedCluster::EmbeddedCluster(const Clock& clock, EmbeddedOptions options)
    : clock_(clock),
      options_(std::move(options)),
      log_(clock, options_.log),
      random_(options_.seed) {
  options_.worker.cluster = options_.coordinator.cluster;
}

EmbeddedCluster::~EmbeddedCluster() = default;

ProcessId EmbeddedCluster::StartCoordinator() {
  const ProcessId id = ++last_process_;
  auto process = std::make_unique<CoordinatorProcess>();
  process->client = log_.NewClient(StrCat("coordinator-", id));
  process->coordinator =
      std::make_unique<Coordinator>(process->client.get(), options_.coordinator, random_.Fork());
  coordinators_[id] = std::move(process);
  return id;
}

ProcessId EmbeddedCluster::StartWorker(const std::string& id, CellStores* stores) {
  const ProcessId process_id = ++last_process_;
  auto process = std::make_unique<WorkerProcess>();
  process->client = log_.NewClient(id);
  WorkerOptions options = options_.worker;
  options.id = id;
  options.address = StrCat("embedded/", id);
  process->worker =
      std::make_unique<Worker>(Worker::Ports{process->client.get(), stores, options_.load_plan},
                               std::move(options), Incarnation::FromBits(random_.Next()));
  workers_[process_id] = std::move(process);
  return process_id;
}

bool EmbeddedCluster::Step() {
  const MonotonicTime now = clock_.Now();
  DeliverUp(now);
  bool worked = StepCoordinators(now);
  DeliverDown(now);
  worked |= StepWorkers(now);
  RemoveDead();
  return worked;
}

bool EmbeddedCluster::StepCoordinators(MonotonicTime now) {
  bool worked = false;
  for (auto& [id, process] : coordinators_) {
    if (process->paused) continue;
    const Offset before = process->coordinator->state().next;
    process->coordinator->Step(now);
    worked |= process->coordinator->state().next != before;
    for (Downward& message : process->coordinator->TakeMessages()) {
      down_.Send(std::move(message), now, options_.message_faults);
      worked = true;
    }
  }
  return worked;
}

bool EmbeddedCluster::StepWorkers(MonotonicTime now) {
  bool worked = false;
  for (auto& [id, process] : workers_) {
    if (process->paused || process->client->killed()) continue;
    worked |= process->worker->Step(now) == StepOutcome::kWorked;
    for (const Upward& message : process->worker->TakeMessages(now)) {
      for (const auto& [coordinator, ignored] : coordinators_) {
        up_.Send({coordinator, message}, now, options_.message_faults);
      }
    }
  }
  return worked;
}

void EmbeddedCluster::DeliverUp(MonotonicTime now) {
  for (Up& up : up_.TakeDue(now)) {
    const auto found = coordinators_.find(up.coordinator);
    if (found == coordinators_.end()) continue;
    CoordinatorProcess& process = *found->second;
    if (!process.paused) {
      process.coordinator->Handle(up.message, now);
    } else if (process.waiting.size() < kMostWaiting) {
      process.waiting.push_back(std::move(up.message));
    }
  }
}

void EmbeddedCluster::DeliverDown(MonotonicTime now) {
  for (const Downward& down : down_.TakeDue(now)) {
    for (auto& [id, process] : workers_) {
      if (process->worker->identity() != down.to) continue;
      if (!process->paused) {
        process->worker->Handle(down.content);
      } else if (process->waiting.size() < kMostWaiting) {
        process->waiting.push_back(down.content);
      }
    }
  }
}

void EmbeddedCluster::RemoveDead() {
  std::erase_if(coordinators_, [](const auto& entry) {
    return entry.second->client->killed() ||
           entry.second->coordinator->phase() == Coordinator::Phase::kSteppedDown;
  });
  std::erase_if(workers_, [](const auto& entry) {
    const Worker::Phase phase = entry.second->worker->phase();
    return entry.second->client->killed() || phase == Worker::Phase::kLeft ||
           phase == Worker::Phase::kReplaced;
  });
}

void EmbeddedCluster::Kill(ProcessId process) {
  if (MemoryLogClient* dying = client(process)) dying->Kill();
  workers_.erase(process);
  coordinators_.erase(process);
}

void EmbeddedCluster::Pause(ProcessId process) {
  if (const auto worker = workers_.find(process); worker != workers_.end()) {
    worker->second->paused = true;
  }
  if (const auto found = coordinators_.find(process); found != coordinators_.end()) {
    found->second->paused = true;
  }
}

void EmbeddedCluster::Resume(ProcessId process) {
  if (const auto found = workers_.find(process); found != workers_.end()) {
    found->second->paused = false;
    for (const DownwardContent& content : std::exchange(found->second->waiting, {})) {
      found->second->worker->Handle(content);
    }
  }
  if (const auto found = coordinators_.find(process); found != coordinators_.end()) {
    found->second->paused = false;
    for (const Upward& message : std::exchange(found->second->waiting, {})) {
      found->second->coordinator->Handle(message, clock_.Now());
    }
  }
}

void EmbeddedCluster::Drain(ProcessId process) {
  if (const auto found = workers_.find(process); found != workers_.end()) {
    found->second->worker->Drain();
  }
}

MemoryLogClient* EmbeddedCluster::client(ProcessId process) {
  if (const auto found = workers_.find(process); found != workers_.end()) {
    return found->second->client.get();
  }
  const auto found = coordinators_.find(process);
  return found == coordinators_.end() ? nullptr : found->second->client.get();
}

Coordinator* EmbeddedCluster::leader() {
  Coordinator* leader = nullptr;
  for (auto& [id, process] : coordinators_) {
    const bool leads = process->coordinator->phase() == Coordinator::Phase::kLeading;
    if (!process->paused && leads) leader = process->coordinator.get();
  }
  return leader;
}

std::vector<ProcessId> EmbeddedCluster::coordinators() const {
  std::vector<ProcessId> ids;
  for (const auto& [id, process] : coordinators_) ids.push_back(id);
  return ids;
}

std::vector<TaskReport> EmbeddedCluster::Reports() const {
  std::vector<TaskReport> reports;
  for (const auto& [id, process] : workers_) {
    for (TaskReport& report : process->worker->Reports()) reports.push_back(std::move(report));
  }
  return reports;
}

std::map<TaskAddress, TaskStatus> EmbeddedCluster::Statuses() const {
  std::map<TaskAddress, TaskStatus> statuses;
  for (const auto& [id, process] : workers_) statuses.merge(process->worker->Statuses());
  return statuses;
}

Status EmbeddedCluster::Health() const {
  for (const TaskReport& report : Reports()) {
    if (report.state == TaskState::kHalted || report.state == TaskState::kFailed) {
      return Status::FailedPrecondition(
          StrCat(report.task.ToString(), " stopped: ", report.reason));
    }
  }
  return {};
}

Result<PipelineDefinition> EmbeddedCluster::ApplyAndWait(const ApplyRequest& request,
                                                         const std::function<void()>& idle) {
  Coordinator* asked = nullptr;
  RequestId id;
  std::string why = "no coordinator leads";
  for (int idles = 0; idles < kMostIdle;) {
    if (asked != nullptr && asked == leader()) {
      if (auto result = asked->TakeResult(id)) {
        if (result->ok() || result->status().code() != StatusCode::kUnavailable) return *result;
        why = result->status().message();
        asked = nullptr;
      }
    } else if (Coordinator* leading = leader()) {
      asked = leading;
      id = leading->ApplyPipeline(request);
    }
    if (!Step()) {
      idle();
      ++idles;
    }
  }
  return Status::Unavailable("the pipeline could not be applied: " + why);
}

}  // namespace tidemark
