#include "worker/worker.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "worker/status_report.h"

namespace tidemark {

Worker::Worker(Ports ports, WorkerOptions options, Incarnation incarnation)
    : ports_(std::move(ports)), options_(std::move(options)), incarnation_(std::move(incarnation)) {
  BeginGroups();
}

Worker::~Worker() = default;

void Worker::BeginGroups() {
  const TaskGroup::Ports ports{ports_.log, ports_.stores, ports_.clock};
  const TaskGroup::Options options{options_.takeover, options_.progress_interval};
  if (options_.task_threads == 0) groups_.push_back(StepInline(ports, options));
  for (std::size_t i = 0; i < options_.task_threads; ++i) {
    groups_.push_back(StepInThread(StrCat("tasks-", i), ports, options, *ports_.clock));
  }
}

StepOutcome Worker::Step(MonotonicTime now) {
  if (phase_ == Phase::kReplaced || phase_ == Phase::kLeft) return StepOutcome::kIdle;
  bool worked = false;
  for (const auto& group : groups_) worked |= group->Step(now) == StepOutcome::kWorked;
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
    held_.clear();
    PostOrders();
    phase_ = Phase::kReplaced;
  }
}

void Worker::Adopt(const AssignmentSnapshot& snapshot) {
  if (std::tie(snapshot.term, snapshot.at) < std::tie(term_, at_)) return;
  term_ = snapshot.term;
  at_ = snapshot.at;
  LetGo(snapshot);
  if (phase_ != Phase::kLeft) {
    for (const Assignment& assignment : snapshot.tasks) {
      if (!held_.contains(assignment.task)) Take(assignment, snapshot);
    }
  }
  PostOrders();
}

void Worker::PostOrders() {
  std::vector<GroupOrders> orders(groups_.size());
  for (const auto& [task, held] : held_) orders[held.group].tasks.push_back(held.order);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (phase_ != Phase::kServing) orders[i].mode = GroupOrders::Mode::kDrain;
    groups_[i]->Post(std::move(orders[i]));
  }
  ++posts_;
}

void Worker::LetGo(const AssignmentSnapshot& snapshot) {
  const auto unassigned = [&](const TaskAddress& task, OwnerEpoch epoch) {
    return std::none_of(snapshot.tasks.begin(), snapshot.tasks.end(),
                        [&](const Assignment& a) { return a.task == task && a.epoch == epoch; });
  };
  std::erase_if(
      held_, [&](const auto& entry) { return unassigned(entry.first, entry.second.order.epoch); });
  std::erase_if(refused_,
                [&](const auto& entry) { return unassigned(entry.first, entry.second.epoch); });
  ForgetPlaces();
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
    return std::none_of(held_.begin(), held_.end(), of) &&
           std::none_of(refused_.begin(), refused_.end(), of);
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
  held_[assignment.task] = {.order = {.task = assignment.task,
                                      .epoch = assignment.epoch,
                                      .pipeline = definition->second,
                                      .context = pipeline.context,
                                      .tuning = ShareOf(snapshot.tasks.size())},
                            .group = GroupOf(assignment.task)};
}

std::size_t Worker::GroupOf(const TaskAddress& task) {
  if (const auto place = places_.find(task); place != places_.end()) {
    place->second.gone_after = 0;
    return place->second.group;
  }
  // Lanes and merges are spread each for themselves: their loads differ.
  std::vector<std::pair<std::size_t, std::size_t>> loads(groups_.size());
  for (const auto& [other, held] : held_) {
    auto& [of_kind, all] = loads[held.group];
    if (other.task.kind == task.task.kind) ++of_kind;
    ++all;
  }
  const auto least = std::min_element(loads.begin(), loads.end());
  const auto group = static_cast<std::size_t>(least - loads.begin());
  places_[task] = {group, 0};
  return group;
}

void Worker::ForgetPlaces() {
  for (auto place = places_.begin(); place != places_.end();) {
    auto& [group, gone_after] = place->second;
    const bool held = held_.contains(place->first);
    if (!held && gone_after == 0) gone_after = posts_ + 1;
    const bool gone = !held && groups_[group]->Followed() >= gone_after;
    place = gone ? places_.erase(place) : std::next(place);
  }
}

const Worker::Pipeline& Worker::PipelineOf(
    const std::shared_ptr<const PipelineDefinition>& definition) {
  const PipelineKey key{definition->name, definition->incarnation};
  const auto found = pipelines_.find(key);
  if (found != pipelines_.end()) return found->second;
  return pipelines_[key] = Load(*definition);
}

Worker::Pipeline Worker::Load(const PipelineDefinition& definition) const {
  auto loaded = ports_.load_plan(definition);
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
  messages.emplace_back(NextHeartbeat(now));
  said_goodbye_ = phase_ == Phase::kLeft;
  return messages;
}

Heartbeat Worker::NextHeartbeat(MonotonicTime now) {
  Heartbeat heartbeat{.worker = identity(), .tasks = Reports(), .address = options_.address};
  const std::string trouble = ports_.log->Trouble();
  if (trouble.empty()) {
    unanswered_since_.reset();
  } else if (!unanswered_since_) {
    unanswered_since_ = now;
  }
  const std::map<TaskAddress, TaskStatus> statuses = Statuses();
  for (TaskReport& report : heartbeat.tasks) {
    const auto status = statuses.find(report.task);
    if (status != statuses.end()) AddStatus(status->second, report);
    if (report.reason.empty() && !HasEnded(report.state)) report.reason = trouble;
  }
  const bool cut_off = unanswered_since_ && now - *unanswered_since_ >= options_.cut_off_after;
  if (phase_ == Phase::kServing && cut_off) heartbeat.phase = Heartbeat::Phase::kCutOff;
  if (phase_ == Phase::kDraining) heartbeat.phase = Heartbeat::Phase::kDraining;
  if (phase_ == Phase::kLeft) heartbeat.phase = Heartbeat::Phase::kLeft;
  return heartbeat;
}

void Worker::Drain() {
  if (phase_ != Phase::kServing) return;
  phase_ = Phase::kDraining;
  last_heartbeat_.reset();
  PostOrders();
}

bool Worker::AllEnded() const {
  const std::vector<TaskReport> reports = Reports();
  return std::all_of(reports.begin(), reports.end(),
                     [](const TaskReport& report) { return HasEnded(report.state); });
}

std::vector<TaskReport> Worker::Reports() const {
  std::map<TaskAddress, TaskReport> shown;
  for (const auto& group : groups_) {
    for (TaskReport& report : group->Reports()) shown[report.task] = std::move(report);
  }
  std::vector<TaskReport> reports;
  for (const auto& [task, held] : held_) {
    const auto found = shown.find(task);
    if (found != shown.end() && found->second.epoch == held.order.epoch) {
      reports.push_back(std::move(found->second));
    } else {
      reports.push_back({.task = task, .epoch = held.order.epoch});
    }
  }
  for (const auto& [task, report] : refused_) reports.push_back(report);
  return reports;
}

std::map<TaskAddress, TaskStatus> Worker::Statuses() const {
  std::map<TaskAddress, TaskStatus> statuses;
  for (const auto& group : groups_) statuses.merge(group->Statuses());
  return statuses;
}

TaskCounts Worker::Counts() const {
  TaskCounts counts;
  for (const auto& group : groups_) counts.Add(group->Counts());
  return counts;
}

std::shared_ptr<const TaskContext> Worker::ContextOf(const TaskAddress& task) const {
  const auto held = held_.find(task);
  return held == held_.end() ? nullptr : held->second.order.context;
}

}  // namespace tidemark
