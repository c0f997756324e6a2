#include "worker/worker.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {

Worker::Worker(Ports ports, WorkerOptions options, Incarnation incarnation)
    : ports_(std::move(ports)),
      options_(std::move(options)),
      incarnation_(std::move(incarnation)),
      ends_(ports_.log->NewAdmin(), options_.takeover.call_timeout),
      progress_(ports_.log, &ends_, options_.progress_interval) {}

Worker::~Worker() = default;

StepOutcome Worker::Step(MonotonicTime now) {
  if (phase_ == Phase::kReplaced || phase_ == Phase::kLeft) return StepOutcome::kIdle;
  progress_.Step(now);
  bool worked = false;
  for (auto& [task, host] : hosts_) worked |= host->Step(now) == StepOutcome::kWorked;
  if (phase_ == Phase::kDraining && AllEnded()) phase_ = Phase::kLeft;
  return worked ? StepOutcome::kWorked : StepOutcome::kIdle;
}

void Worker::Handle(const DownwardContent& message) {
  if (phase_ == Phase::kReplaced) return;
  const Term term = std::visit([](const auto& content) { return content.term; }, message);
  if (term < term_) return;
  if (const auto* snapshot = std::get_if<AssignmentSnapshot>(&message)) return Adopt(*snapshot);
  if (std::holds_alternative<WhoAreYou>(message)) hello_due_ = true;
  if (std::holds_alternative<Replaced>(message)) {
    LogWarning(StrCat("worker '", options_.id, "' ends: another process with this id is at work. ",
                      "Give each worker an id of its own (worker.id)"));
    hosts_.clear();
    phase_ = Phase::kReplaced;
  }
}

void Worker::Adopt(const AssignmentSnapshot& snapshot) {
  if (std::tie(snapshot.term, snapshot.at) < std::tie(term_, at_)) return;
  term_ = snapshot.term;
  at_ = snapshot.at;
  LetGo(snapshot);
  if (phase_ == Phase::kLeft) return;
  for (const Assignment& assignment : snapshot.tasks) {
    if (!hosts_.contains(assignment.task)) Take(assignment, snapshot);
  }
}

void Worker::LetGo(const AssignmentSnapshot& snapshot) {
  const auto unassigned = [&](const TaskAddress& task, OwnerEpoch epoch) {
    return std::none_of(snapshot.tasks.begin(), snapshot.tasks.end(),
                        [&](const Assignment& a) { return a.task == task && a.epoch == epoch; });
  };
  std::erase_if(hosts_,
                [&](const auto& entry) { return unassigned(entry.first, entry.second->epoch()); });
  std::erase_if(refused_,
                [&](const auto& entry) { return unassigned(entry.first, entry.second.epoch); });
  DropUnusedPipelines();
}

void Worker::DropUnusedPipelines() {
  const auto belongs = [](const PipelineKey& key) {
    return [&key](const auto& entry) {
      return entry.first.pipeline == key.first && entry.first.incarnation == key.second;
    };
  };
  std::erase_if(pipelines_, [&](const auto& entry) {
    const auto of = belongs(entry.first);
    if (std::any_of(hosts_.begin(), hosts_.end(), of)) return false;
    progress_.Drop(entry.first.first, entry.first.second);
    return std::none_of(refused_.begin(), refused_.end(), of);
  });
}

void Worker::Take(const Assignment& assignment, const AssignmentSnapshot& snapshot) {
  const auto definition = snapshot.pipelines.find(assignment.task.pipeline);
  if (definition == snapshot.pipelines.end()) return;
  const Pipeline& pipeline = PipelineOf(definition->second);
  if (!pipeline.context) {
    refused_[assignment.task] = {.task = assignment.task,
                                 .epoch = assignment.epoch,
                                 .state = TaskState::kHalted,
                                 .reason = pipeline.error};
    return;
  }
  const PipelineNames& names = pipeline.context->names;
  auto host = std::make_unique<TaskHost>(
      TaskHost::Parts{.surroundings = {ports_.log, progress_.Open(names, definition->second),
                                       ports_.stores, pipeline.context},
                      .ends = &ends_,
                      .target = {names, definition->second, assignment.task.task, assignment.epoch},
                      .takeover = options_.takeover,
                      .tuning = ShareOf(snapshot.tasks.size())});
  if (phase_ != Phase::kServing) host->Drain();
  hosts_[assignment.task] = std::move(host);
}

const Worker::Pipeline& Worker::PipelineOf(
    const std::shared_ptr<const PipelineDefinition>& definition) {
  const PipelineKey key{definition->name, definition->incarnation};
  const auto found = pipelines_.find(key);
  if (found != pipelines_.end()) return found->second;
  return pipelines_[key] = Load(*definition);
}

Worker::Pipeline Worker::Load(const PipelineDefinition& definition) const {
  auto loaded = ports_.load_plan(definition.text);
  if (!loaded.ok()) return {nullptr, StrCat("its plan does not load: ", loaded.status().message())};
  auto plan = std::make_shared<PipelinePlan>(*loaded.value());
  plan->lanes = definition.lanes;
  plan->shuffle_partitions = definition.merges;
  auto context = std::make_shared<TaskContext>();
  context->names = {options_.cluster, definition.name, definition.incarnation};
  context->plan = std::move(plan);
  context->sources = definition.sources;
  context->start_time = definition.start_time;
  context->sink_partitions = definition.sink_partitions;
  return {std::move(context), ""};
}

TaskTuning Worker::ShareOf(std::size_t tasks) const {
  TaskTuning tuning = options_.tuning;
  const std::size_t share = options_.memory_bytes / std::max<std::size_t>(tasks, 1);
  tuning.source.table_bytes = std::min(tuning.source.table_bytes, share);
  tuning.merge.memory_bytes = share;
  return tuning;
}

std::vector<Upward> Worker::TakeMessages(MonotonicTime now) {
  std::vector<Upward> messages;
  if (phase_ == Phase::kReplaced || said_goodbye_) return messages;
  if (std::exchange(hello_due_, false)) {
    messages.emplace_back(Hello{.worker = identity(), .address = options_.address});
  }
  const bool due = !last_heartbeat_ || now - *last_heartbeat_ >= options_.heartbeat_interval;
  if (!due && phase_ != Phase::kLeft) return messages;
  last_heartbeat_ = now;
  Heartbeat heartbeat{.worker = identity(), .tasks = Reports()};
  if (phase_ == Phase::kDraining) heartbeat.phase = Heartbeat::Phase::kDraining;
  if (phase_ == Phase::kLeft) heartbeat.phase = Heartbeat::Phase::kLeft;
  said_goodbye_ = phase_ == Phase::kLeft;
  messages.emplace_back(std::move(heartbeat));
  return messages;
}

void Worker::Drain() {
  if (phase_ != Phase::kServing) return;
  phase_ = Phase::kDraining;
  last_heartbeat_.reset();
  for (auto& [task, host] : hosts_) host->Drain();
}

bool Worker::AllEnded() const {
  return std::all_of(hosts_.begin(), hosts_.end(),
                     [](const auto& entry) { return entry.second->Ended(); });
}

std::vector<TaskReport> Worker::Reports() const {
  std::vector<TaskReport> reports;
  for (const auto& [task, host] : hosts_) reports.push_back(host->Report());
  for (const auto& [task, report] : refused_) reports.push_back(report);
  return reports;
}

std::map<TaskAddress, TaskStatus> Worker::Statuses() const {
  std::map<TaskAddress, TaskStatus> statuses;
  for (const auto& [task, host] : hosts_) {
    if (auto status = host->Status()) statuses.emplace(task, std::move(*status));
  }
  return statuses;
}

}  // namespace tidemark
