#include "cli/demo_embedded.h"

#include <algorithm>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "cli/demo_feed.h"

namespace tidemark {
namespace {

constexpr int kStepsAtOnce = 16;
constexpr int kZombieSteps = 2'000;

// Counts the commits that a woken zombie tries.
class CommitCounter final : public FaultHook {
 public:
  Fault Before(const LogCall& call) override {
    if (call.kind == LogCallKind::kCommit) ++commits_;
    return {};
  }
  int commits() const { return commits_; }

 private:
  int commits_ = 0;
};

std::size_t Running(const Worker& worker) {
  std::size_t running = 0;
  for (const TaskReport& report : worker.Reports())
    running += report.state == TaskState::kRunning ? 1 : 0;
  return running;
}

}  // namespace

EmbeddedDemoCluster::EmbeddedDemoCluster(const DemoOptions& options, const DemoPipeline& pipeline)
    : pipeline_(pipeline),
      cluster_(clock_, Embedded(options)),
      client_(cluster_.log().NewClient("demo")),
      break_(options.broken) {}

EmbeddedOptions EmbeddedDemoCluster::Embedded(const DemoOptions& options) const {
  EmbeddedOptions embedded;
  embedded.seed = options.seed;
  // The proof reads the frames afterwards.
  embedded.coordinator.retention_interval = Duration(std::chrono::hours(24));
  embedded.worker.tuning.merge.checkpoint_interval = Duration(2'000);
  embedded.load_plan = [plan = pipeline_.plan](const PipelineDefinition&)
      -> Result<std::shared_ptr<const PipelinePlan>> { return plan; };
  return embedded;
}

Result<PipelineNames> EmbeddedDemoCluster::Start() {
  TM_ASSIGN_OR_RETURN(folder_, TemporaryFolder::Create());
  cluster_.StartCoordinator();
  for (const char* id : kDemoWorkers) {
    TM_ASSIGN_OR_RETURN(disks_[id], RocksDbCellStores::Create({.state_dir = folder_->Sub(id)}));
    TM_RETURN_IF_ERROR(StartWorker(id));
  }
  const LogStatus created =
      client_->NewAdmin()->CreateTopic(DemoFeed::TopicOf(pipeline_), Duration(0));
  if (!created.ok()) return Status::Internal(created.message);
  const ApplyRequest request{
      .plan = pipeline_.plan, .text = pipeline_.text, .applied_at = EventTime(0)};
  TM_ASSIGN_OR_RETURN(const PipelineDefinition pipeline,
                      cluster_.ApplyAndWait(request, [] { std::this_thread::yield(); }));
  const PipelineNames names = {CoordinatorOptions().cluster, pipeline.name, pipeline.incarnation};
  break_.Begin(names.ShuffleTopic());
  return names;
}

Status EmbeddedDemoCluster::Append(const DemoRecord& record) {
  const auto appended = cluster_.log().Append(
      {pipeline_.Topic(DemoFeed::kTopic), record.partition},
      {.key = record.key ? std::optional<std::string>(*record.key) : std::nullopt,
       .value = std::string(record.value),
       .headers = {},
       .timestamp_ms = record.timestamp_ms});
  TM_CHECK(appended.ok(), "the demo's own topic takes every record");
  return {};
}

Result<bool> EmbeddedDemoCluster::Step() {
  bool worked = false;
  for (int step = 0; step < kStepsAtOnce; ++step) worked = cluster_.Step() || worked;
  break_.Attach(cluster_, workers_);
  TM_RETURN_IF_ERROR(cluster_.Health());
  return worked;
}

Status EmbeddedDemoCluster::Look(DemoView& view) {
  LookAtTasks(view);
  for (const auto& [task, status] : cluster_.Statuses()) {
    const auto* lane = std::get_if<SourceTaskStatus>(&status);
    if (lane == nullptr) continue;
    for (const auto& source : lane->sources) {
      view.sources[static_cast<std::int32_t>(source.ordinal.value())] = {
          source.watermark, std::string(SourceStateName(source.state)), source.position.value(),
          std::max<std::int64_t>(0, source.high_watermark.value() - source.position.value())};
    }
  }
  return {};
}

void EmbeddedDemoCluster::LookAtTasks(DemoView& view) {
  view.tasks.clear();
  const Coordinator* leader = cluster_.leader();
  if (leader == nullptr) return;
  std::map<TaskAddress, std::string> running;
  for (const auto& [process, worker] : cluster_.workers()) {
    for (const TaskReport& report : worker->worker->Reports()) {
      if (report.state == TaskState::kRunning && !worker->paused)
        running[report.task] = worker->worker->identity().id;
    }
  }
  for (const auto& [task, owner] : leader->state().tasks) {
    const auto found = running.find(task);
    const std::string worker = owner.worker ? owner.worker->id : "";
    view.tasks.push_back(
        {task.task.kind, worker, found != running.end() && found->second == worker});
  }
}

Status EmbeddedDemoCluster::StartWorker(const std::string& id) {
  workers_[id] = cluster_.StartWorker(id, disks_.at(id).get());
  return {};
}

Status EmbeddedDemoCluster::Kill(const std::string& id) {
  cluster_.Kill(workers_.at(id));
  return {};
}

Status EmbeddedDemoCluster::Stop(const std::string& id) {
  cluster_.Pause(workers_.at(id));
  return {};
}

// The zombie goes on before it hears anything, as a process does that wakes in the middle of its
// work.
Result<Awakening> EmbeddedDemoCluster::Wake(const std::string& id) {
  const ProcessId process = workers_.at(id);
  Worker& worker = *cluster_.workers().at(process)->worker;
  CommitCounter commits;
  cluster_.client(process)->SetFaults(&commits);
  const std::size_t before = Running(worker);
  for (int step = 0; step < kZombieSteps && Running(worker) == before; ++step)
    (void)worker.Step(clock_.Now());
  cluster_.client(process)->SetFaults(nullptr);
  cluster_.Resume(process);
  return commits.commits() > 0 && Running(worker) < before ? Awakening::kRefused
                                                           : Awakening::kNoAttempt;
}

}  // namespace tidemark
