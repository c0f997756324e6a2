#include "simulation/sim.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "query/planner.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark::simulation {
namespace {

constexpr Duration kTimeout{50};

std::shared_ptr<const PipelinePlan> PlanOf(const Scenario& scenario) {
  const PlanResult result = PlanPipeline({.text = scenario.Yaml()});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    TM_CHECK(false, StrCat(diagnostic.message, "\n", scenario.Yaml()));
  }
  return result.plan;
}

std::string BytesOf(const SimRecord& record) {
  if (record.kind == SimRecord::Kind::kGarbage) return "\xff\xff\xff";
  events::v1::CallMetric event;
  const bool timeless = record.kind == SimRecord::Kind::kNoEventTime;
  event.set_event_time_ms(timeless ? 0 : record.event_time);
  event.set_account_sid(StrCat("a", record.account));
  event.mutable_summary()->set_connect_duration_ms(static_cast<std::uint64_t>(record.duration));
  return event.SerializeAsString();
}

}  // namespace

Sim::Sim(Scenario scenario)
    : scenario_(std::move(scenario)),
      random_(scenario_.seed + 1),
      messages_(random_.Fork(), scenario_.message_fault_in),
      plan_(PlanOf(scenario_)) {
  cluster_ = std::make_unique<EmbeddedCluster>(clock_, Options());
  Start();
}

Sim::~Sim() = default;

EmbeddedOptions Sim::Options() {
  Random random = random_.Fork();
  EmbeddedOptions options;
  options.seed = random.Next();
  options.coordinator.session_timeout = Duration(1'000);
  options.coordinator.transaction_timeout = Duration(1'500);
  options.coordinator.retention_interval = Duration(random.Between(50, 1'000));
  WorkerOptions& worker = options.worker;
  worker.heartbeat_interval = Duration(250);
  worker.progress_interval = Duration(20);
  worker.takeover.transaction_timeout = Duration(1'500);
  worker.tuning.source.commit_interval = Duration(random.Between(20, 200));
  worker.tuning.source.fetch.records = static_cast<std::size_t>(random.Between(1, 40));
  worker.tuning.source.max_drift = Duration(random.Between(500, 20'000));
  MergeTaskOptions& merge = worker.tuning.merge;
  merge.commit_interval = Duration(random.Between(50, 500));
  merge.close_records = static_cast<std::size_t>(random.Between(1, 30));
  merge.checkpoint_interval = Duration(random.Between(50, 1'500));
  merge.checkpoint_chunk_cells = static_cast<std::size_t>(random.Between(1, 20));
  merge.savepoint_ring = static_cast<std::size_t>(random.Between(2, 64));
  merge.fetch.records = static_cast<std::size_t>(random.Between(1, 20));
  options.load_plan = [plan = plan_](const PipelineDefinition&) {
    return Result<std::shared_ptr<const PipelinePlan>>(plan);
  };
  options.message_faults = &messages_;
  return options;
}

void Sim::Start() {
  outside_ = cluster_->log().NewClient("outside");
  const TopicSpec topic{.name = "calls",
                        .partitions = scenario_.source_partitions,
                        .configs = {{"message.timestamp.type", "CreateTime"}}};
  TM_CHECK(outside_->NewAdmin()->CreateTopic(topic, kTimeout).ok(), "the input topic is new");
  input_.partitions.resize(static_cast<std::size_t>(scenario_.source_partitions));
  input_.idle_advances.resize(input_.partitions.size());
  StartCoordinator();
  for (int w = 0; w < scenario_.workers; ++w) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->id = StrCat("w", w);
    StartSlot(*slots_.back());
  }
  const auto applied = cluster_->ApplyAndWait({.plan = plan_, .text = scenario_.Yaml()},
                                              [this] { clock_.Advance(kTick); });
  TM_CHECK(applied.ok(), applied.status().message());
  published_ = std::make_unique<Published>(&cluster_->log(), applied.value());
}

void Sim::StartSlot(Slot& slot) {
  slot.process = cluster_->StartWorker(slot.id, scenario_.has_disks ? &slot.disk : nullptr);
  slot.up = true;
  slot.paused_until.reset();
  // The hook of a process before may still be held by its client.
  slot.troubles =
      std::make_unique<LogTroubles>(random_.Fork(), troubles_ ? scenario_.log_fault_in : 0);
  cluster_->client(slot.process)->SetFaults(slot.troubles.get());
}

void Sim::StartCoordinator() {
  coordinator_ = cluster_->StartCoordinator();
  coordinator_troubles_.push_back(
      std::make_unique<LogTroubles>(random_.Fork(), troubles_ ? scenario_.log_fault_in : 0));
  cluster_->client(*coordinator_)->SetFaults(coordinator_troubles_.back().get());
}

void Sim::Tick() {
  for (int step = 0; step < kStepsPerTick; ++step) {
    const bool worked = cluster_->Step();
    published_->HarvestFrames(input_);
    if (troubles_) MakeTroubles();
    MeetDeaths();
    if (!worked) break;
  }
  clock_.Advance(kTick);
}

void Sim::MakeTroubles() {
  for (auto& slot : slots_) TroubleSlot(*slot);
  TroubleCoordinator();
  MoveWorkers();
  if (random_.Below(400) == 0) {
    for (const std::string& topic : cluster_->log().Topics()) {
      const bool compacted = topic.ends_with(".progress") || topic.ends_with(".metadata");
      if (compacted) (void)cluster_->log().Compact(topic);
    }
  }
}

void Sim::TroubleSlot(Slot& slot) {
  if (!slot.up) return;
  if (slot.paused_until) {
    if (clock_.Now() < *slot.paused_until) return;
    slot.paused_until.reset();
    return cluster_->Resume(slot.process);
  }
  if (scenario_.kill_in != 0 && random_.Below(scenario_.kill_in) == 0) {
    cluster_->Kill(slot.process);
    return BeDead(slot);
  }
  if (scenario_.pause_in != 0 && random_.Below(scenario_.pause_in) == 0) {
    slot.paused_until = clock_.Now() + Duration(random_.Between(10, 4'000));
    cluster_->Pause(slot.process);
  }
  if (random_.Below(2'000) == 0) slot.old_disk = slot.disk.Save();
}

void Sim::TroubleCoordinator() {
  if (scenario_.coordinator_kill_in == 0) return;
  if (random_.Below(scenario_.coordinator_kill_in) != 0) return;
  // Killed, or left alone to find out that another has claimed.
  if (coordinator_ && random_.Below(2) == 0) cluster_->Kill(*coordinator_);
  StartCoordinator();
}

void Sim::MoveWorkers() {
  if (scenario_.move_in == 0 || random_.Below(scenario_.move_in) != 0) return;
  Slot& slot = *slots_[random_.Below(slots_.size())];
  if (slot.up && !slot.paused_until && slots_.size() > 1) {
    slot.wanted = false;
    cluster_->Drain(slot.process);
  } else if (!slot.up) {
    slot.wanted = true;
  }
}

void Sim::MeetDeaths() {
  for (auto& slot : slots_) {
    if (slot->up && cluster_->client(slot->process) == nullptr) BeDead(*slot);
    if (!slot->up && slot->wanted && clock_.Now() >= slot->restart_at) StartSlot(*slot);
  }
  if (coordinator_ && cluster_->client(*coordinator_) == nullptr) coordinator_.reset();
  if (!coordinator_ && (!troubles_ || random_.Below(50) == 0)) StartCoordinator();
}

void Sim::BeDead(Slot& slot) {
  slot.up = false;
  slot.paused_until.reset();
  slot.restart_at = clock_.Now() + Duration(random_.Between(0, 2'000));
  switch (random_.Below(4)) {
    case 0:
      return slot.disk.Lose();
    case 1:
      if (slot.old_disk) return slot.disk.Restore(slot.old_disk);
      [[fallthrough]];
    default:
      return slot.disk.Kill(random_.Below(4));
  }
}

void Sim::AppendRecord(std::size_t partition) {
  SimRecord record;
  const std::uint64_t fate = random_.Below(200);
  record.timestamp = NowMs();
  record.event_time = record.timestamp - random_.Between(0, scenario_.out_of_orderness + 100);
  if (fate < 10) record.event_time -= random_.Between(0, 5'000);
  if (fate == 10) record.event_time += scenario_.future_skew + random_.Between(1, 100'000);
  if (fate == 11) record.event_time += random_.Between(0, scenario_.future_skew);
  if (fate == 12) record.kind = SimRecord::Kind::kGarbage;
  if (fate == 13) record.kind = SimRecord::Kind::kNoEventTime;
  if (fate == 14) record.kind = SimRecord::Kind::kTombstone;
  record.account = static_cast<int>(random_.Below(static_cast<std::uint64_t>(scenario_.accounts)));
  record.duration = random_.Between(0, 1'000);
  Append(partition, record);
}

void Sim::Append(std::size_t partition, SimRecord record) {
  const std::string bytes = BytesOf(record);
  InputRecord append{.timestamp_ms = record.timestamp};
  if (record.kind != SimRecord::Kind::kTombstone) append.value = bytes;
  const auto appended =
      cluster_->log().Append({"calls", Partition(static_cast<std::int32_t>(partition))}, append);
  TM_CHECK(appended.ok(), appended.message);
  record.offset = appended.value->value();
  input_.partitions[partition].push_back(record);
}

void Sim::AppendRandomRecords(int count) {
  for (int i = 0; i < count; ++i) {
    AppendRecord(random_.Below(input_.partitions.size()));
  }
}

// Beyond everything: the windows of all events before, and their lateness, are over.
void Sim::AppendSentinels() {
  for (std::size_t p = 0; p < input_.partitions.size(); ++p) {
    if (scenario_.uses_idle && p % 2 == 1) continue;
    SimRecord sentinel;
    sentinel.event_time = NowMs() + 60'000;
    sentinel.timestamp = sentinel.event_time;
    Append(p, sentinel);
  }
}

void Sim::RunInput() {
  troubles_ = true;
  const MonotonicTime until = clock_.Now() + Duration(scenario_.input_ms);
  for (auto& slot : slots_) {
    slot->troubles = std::make_unique<LogTroubles>(random_.Fork(), scenario_.log_fault_in);
    if (MemoryLogClient* client = cluster_->client(slot->process)) {
      client->SetFaults(slot->troubles.get());
    }
  }
  while (clock_.Now() < until) {
    for (std::size_t p = 0; p < input_.partitions.size(); ++p) {
      const bool silent = scenario_.uses_idle && p % 2 == 1 && (clock_.Now().ms() / 3'000) % 2 == 1;
      if (!silent && random_.Below(6) == 0) AppendRecord(p);
    }
    Tick();
  }
  EndTroubles();
}

void Sim::Run(Duration time) {
  const MonotonicTime until = clock_.Now() + time;
  while (clock_.Now() < until) Tick();
}

void Sim::Kill(std::size_t worker) {
  Slot& slot = *slots_.at(worker);
  cluster_->Kill(slot.process);
  slot.up = false;
  slot.wanted = false;
}

void Sim::EndTroubles() {
  troubles_ = false;
  messages_.Stop();
  for (auto& troubles : coordinator_troubles_) troubles->Stop();
  for (auto& slot : slots_) {
    slot->troubles->Stop();
    slot->wanted = true;
    if (slot->paused_until && slot->up) cluster_->Resume(slot->process);
    slot->paused_until.reset();
  }
}

bool Sim::RunUntilQuiet() {
  if (troubles_) EndTroubles();
  for (auto& slot : slots_) slot->wanted = true;
  AppendSentinels();
  // A merge commits what it has applied every 2 s.
  const Duration calm(5'000);
  const MonotonicTime deadline = clock_.Now() + kLongestEnd;
  MonotonicTime quiet_since = clock_.Now();
  std::int64_t activity = -1;
  while (clock_.Now() < deadline) {
    Run(Duration(100));
    const std::int64_t now_active = published_->Activity();
    if (now_active != activity || !published_->CaughtUp()) quiet_since = clock_.Now();
    activity = now_active;
    if (clock_.Now() - quiet_since >= calm) return true;
  }
  failure_ = StrCat("not quiet after ", kLongestEnd.count(), " ms:\n", Situation());
  return false;
}

std::string Sim::Situation() const {
  std::string text;
  if (Coordinator* leader = cluster_->leader()) {
    for (const auto& [name, pipeline] : leader->state().pipelines) {
      text += StrCat("pipeline ", name, " ", PipelineStateName(pipeline->state), " ",
                     pipeline->reason, "\n");
    }
  } else {
    text += "no coordinator leads\n";
  }
  for (const TaskReport& report : cluster_->Reports()) {
    text += StrCat(report.task.ToString(), " epoch ", report.epoch, " ",
                   TaskStateName(report.state), " ", report.reason, "\n");
  }
  return text;
}

Difference Sim::Compare() const {
  return simulation::Compare(ExpectedOutput(scenario_, input_), published_->Read(scenario_));
}

std::uint64_t Sim::Fingerprint() const {
  std::string all = StrCat(published_->Activity());
  const Output output = published_->Read(scenario_);
  for (const auto& [key, values] : output.rows) {
    all += key;
    for (const std::string& value : values) all += value;
  }
  for (const auto& [key, value] : output.ledger) all += key + value;
  return Hash64(all);
}

}  // namespace tidemark::simulation
