#include "cluster/coordinator.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "log_memory/memory_log.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};

std::shared_ptr<const PipelinePlan> Plan(std::string name, std::vector<std::string> topics) {
  auto plan = std::make_shared<PipelinePlan>();
  plan->name = name;
  plan->topics = std::move(topics);
  plan->shuffle_partitions = 3;
  QueryPlan query;
  query.sinks = {{name + "-rows", SinkPlan::Revisions::kAll}};
  plan->queries = {query};
  return plan;
}

// One coordinator after another on one log, and workers that are only their messages.
struct Bench {
  ManualClock clock;
  MemoryLog log{clock};
  std::unique_ptr<MemoryLogClient> outside = log.NewClient("outside");
  std::unique_ptr<Admin> admin = outside->NewAdmin();
  std::vector<std::unique_ptr<MemoryLogClient>> clients;
  std::unique_ptr<Coordinator> coordinator;
  std::map<WorkerIdentity, AssignmentSnapshot> told;

  explicit Bench(std::int32_t source_partitions = 5) {
    REQUIRE(admin->CreateTopic({.name = "calls", .partitions = source_partitions}, kTimeout).ok());
    coordinator = New();
    RunUntil([&] { return coordinator->phase() == Coordinator::Phase::kLeading; });
  }

  std::unique_ptr<Coordinator> New() {
    clients.push_back(log.NewClient("coordinator"));
    return std::make_unique<Coordinator>(clients.back().get(), CoordinatorOptions(),
                                         Random(clients.size()));
  }

  void Step() {
    coordinator->Step(clock.Now());
    for (Downward& message : coordinator->TakeMessages()) {
      if (auto* snapshot = std::get_if<AssignmentSnapshot>(&message.content)) {
        told[message.to] = *snapshot;
      }
    }
    clock.Advance(Duration(1));
  }

  template <class Condition>
  void RunUntil(Condition condition) {
    bool met = condition();
    for (int i = 0; i < 5'000 && !met; ++i) {
      Step();
      met = condition();
    }
    REQUIRE(met);
  }

  void Steps(int count) {
    for (int i = 0; i < count; ++i) Step();
  }

  Result<PipelineDefinition> Apply(const ApplyRequest& request) {
    const RequestId id = coordinator->ApplyPipeline(request);
    std::optional<Result<PipelineDefinition>> result;
    RunUntil([&] { return (result = coordinator->TakeResult(id)).has_value(); });
    return *result;
  }

  void Greet(const WorkerIdentity& worker) {
    coordinator->Handle(Hello{.worker = worker}, clock.Now());
  }
  void Beat(const WorkerIdentity& worker, std::vector<TaskReport> reports = {}) {
    coordinator->Handle(Heartbeat{.worker = worker, .tasks = std::move(reports)}, clock.Now());
  }
};

const WorkerIdentity kFirst{"w1", Incarnation::FromBits(1)};
const WorkerIdentity kSecond{"w2", Incarnation::FromBits(2)};

TEST_CASE("applying resolves sources, starts, lanes and sinks once, and creates every topic") {
  Bench bench;
  REQUIRE(bench.log.Append({"calls", Partition(1)}, {.value = "x"}).ok());
  const auto applied = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(applied.ok());
  const PipelineDefinition& pipeline = applied.value();
  CHECK(pipeline.sources.size() == 5);
  CHECK(pipeline.sources[3] == TopicPartition{"calls", Partition(3)});
  CHECK(pipeline.start_offsets == std::vector<Offset>(5, Offset(0)));
  CHECK_FALSE(pipeline.start_time);
  CHECK(pipeline.lanes == 5);
  CHECK(pipeline.sink_partitions == std::map<std::string, std::int32_t>{{"voice-rows", 4}});
  const PipelineNames names{"demo", "voice", pipeline.incarnation};
  const auto progress = bench.admin->DescribeTopic(names.ProgressTopic(), kTimeout);
  REQUIRE(progress.ok());
  CHECK(progress.value->partitions == 8);
  CHECK(progress.value->configs.at("cleanup.policy") == "compact");
  const auto shuffle = bench.admin->DescribeTopic(names.ShuffleTopic(), kTimeout);
  REQUIRE(shuffle.ok());
  CHECK(shuffle.value->configs.at("retention.ms") == "-1");
  CHECK(bench.admin->DescribeTopic("voice.ledger", kTimeout).ok());
}

TEST_CASE("start latest begins at the high watermarks and withholds windows begun before") {
  Bench bench(2);
  REQUIRE(bench.log.Append({"calls", Partition(1)}, {.value = "x"}).ok());
  auto plan = std::make_shared<PipelinePlan>(*Plan("voice", {"calls"}));
  plan->start.kind = StartPosition::Kind::kLatest;
  const auto applied = bench.Apply({.plan = plan, .text = "v1", .applied_at = EventTime(123)});
  REQUIRE(applied.ok());
  CHECK(applied.value().start_offsets == std::vector<Offset>{Offset(0), Offset(1)});
  CHECK(applied.value().start_time == EventTime(123));
}

TEST_CASE("a time past the end of the log starts at the high watermark") {
  Bench bench(1);
  REQUIRE(bench.log.Append({"calls", Partition(0)}, {.value = "x"}).ok());
  auto plan = std::make_shared<PipelinePlan>(*Plan("voice", {"calls"}));
  plan->start = {StartPosition::Kind::kTime, EventTime(bench.log.WallMs() + 86'400'000)};
  const auto applied = bench.Apply({.plan = plan, .text = "v1"});
  REQUIRE(applied.ok());
  CHECK(applied.value().start_offsets == std::vector<Offset>{Offset(1)});
}

TEST_CASE("the number of lanes is capped at sixteen and at the number of partitions") {
  Bench bench(20);
  const auto applied = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(applied.ok());
  CHECK(applied.value().lanes == 16);
}

TEST_CASE("what cannot be applied is refused with what would work") {
  Bench bench;
  const auto missing = bench.Apply({.plan = Plan("voice", {"cals"}), .text = "v1"});
  CHECK(missing.status().code() == StatusCode::kNotFound);
  CHECK(missing.status().message().find("'cals' does not exist") != std::string::npos);

  REQUIRE(bench.admin->CreateTopic({.name = "full-rows", .partitions = 1}, kTimeout).ok());
  REQUIRE(bench.log.Append({"full-rows", Partition(0)}, {.value = "x"}).ok());
  const ApplyRequest full{.plan = Plan("full", {"calls"}), .text = "v1"};
  CHECK(bench.Apply(full).status().message().find("--reuse-topics") != std::string::npos);
  for (const std::string& topic : bench.log.Topics())
    CHECK(topic.find(".full.") == std::string::npos);  // nothing internal stays behind
  ApplyRequest reuse = full;
  reuse.reuse_topics = ApplyRequest::Reuse::kAllow;
  CHECK(bench.Apply(reuse).ok());

  auto no_create = std::make_shared<PipelinePlan>(*Plan("bare", {"calls"}));
  no_create->sink_topics.create = false;
  CHECK(bench.Apply({.plan = no_create, .text = "v1"}).status().message().find("kafka-topics.sh") !=
        std::string::npos);
}

TEST_CASE("applying the same text again changes nothing, another text is refused") {
  Bench bench;
  const auto first = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  const auto again = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(again.ok());
  CHECK(again.value() == first.value());
  CHECK(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v2"}).status().code() ==
        StatusCode::kFailedPrecondition);
}

TEST_CASE(
    "a silent worker's tasks go to the others under the next epoch, after the session timeout") {
  Bench bench;
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  bench.Greet(kFirst);
  bench.Greet(kSecond);
  bench.RunUntil([&] { return bench.told[kSecond].tasks.size() == 4; });
  CHECK(bench.told[kFirst].tasks.size() == 4);
  for (int i = 0; i < 30; ++i) {
    bench.Beat(kFirst);
    bench.Steps(100);
  }
  bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  int moved = 0;
  for (const Assignment& assignment : bench.told[kFirst].tasks) {
    moved += assignment.epoch == OwnerEpoch(2) ? 1 : 0;
  }
  CHECK(moved == 4);
}

TEST_CASE(
    "a second coordinator takes over with the next term and every assignment, the first is "
    "silent") {
  Bench bench;
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  bench.Greet(kFirst);
  bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  const AssignmentSnapshot before = bench.told[kFirst];

  std::unique_ptr<Coordinator> old = std::exchange(bench.coordinator, bench.New());
  bench.RunUntil([&] { return bench.coordinator->phase() == Coordinator::Phase::kLeading; });
  bench.Beat(kFirst);
  bench.Steps(20);
  const AssignmentSnapshot after = bench.told[kFirst];
  CHECK(after.term == before.term.Plus(1));
  CHECK(after.at > before.at);
  CHECK(after.tasks == before.tasks);

  old->Handle(Hello{.worker = kSecond}, bench.clock.Now());
  for (int i = 0; i < 20; ++i) {
    old->Step(bench.clock.Now());
    bench.clock.Advance(Duration(10));
  }
  CHECK(old->phase() == Coordinator::Phase::kSteppedDown);
  for (const Downward& message : old->TakeMessages()) {
    if (const auto* snapshot = std::get_if<AssignmentSnapshot>(&message.content)) {
      CHECK(snapshot->tasks.size() == (message.to == kFirst ? 8 : 0));
    }
  }
}

TEST_CASE("a coordinator that only stood still beyond its transaction timeout leads again") {
  bool fenced = false;
  for (int steps = 0; steps < 12; ++steps) {
    INFO("steps from the worker's greeting to the standstill: " << steps);
    Bench bench;
    REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
    bench.Greet(kFirst);
    bench.Steps(steps);
    bench.clock.Advance(Duration(11'000));
    for (int i = 0; i < 50; ++i) {
      bench.Step();
      fenced = fenced || bench.coordinator->phase() == Coordinator::Phase::kClaiming;
    }
    bench.RunUntil([&] { return bench.coordinator->phase() == Coordinator::Phase::kLeading; });
    bench.Greet(kFirst);
    bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  }
  CHECK(fenced);
}

TEST_CASE(
    "wherever another's claim falls into a decision, the one before assigns nothing from then on") {
  for (int steps = 0; steps < 12; ++steps) {
    INFO("steps from the worker's greeting to the claim: " << steps);
    Bench bench;
    REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
    bench.Greet(kFirst);
    bench.Steps(steps);
    std::unique_ptr<Coordinator> old = std::exchange(bench.coordinator, bench.New());
    bench.RunUntil([&] { return bench.coordinator->phase() == Coordinator::Phase::kLeading; });
    for (int i = 0; i < 20; ++i) old->Step(bench.clock.Now());
    for (const Downward& message : old->TakeMessages()) {
      CHECK_FALSE(std::holds_alternative<AssignmentSnapshot>(message.content));
    }
  }
}

TEST_CASE("no epoch of a task is given to two worker incarnations, whatever commits become of") {
  class EveryOther final : public FaultHook {
   public:
    Fault Before(const LogCall& call) override {
      if (call.kind != LogCallKind::kCommit) return {};
      static constexpr FaultKind kKinds[] = {FaultKind::kFatalAfterEffect, FaultKind::kNone,
                                             FaultKind::kFatalWithoutEffect, FaultKind::kNone,
                                             FaultKind::kRetriableAfterEffect};
      return {kKinds[count_++ % 5]};
    }

   private:
    std::size_t count_ = 0;
  };
  Bench bench;
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  EveryOther faults;
  bench.clients.back()->SetFaults(&faults);
  std::map<std::pair<TaskAddress, OwnerEpoch>, WorkerIdentity> given;
  for (std::uint64_t restart = 1; restart < 20; ++restart) {
    const WorkerIdentity worker{"w1", Incarnation::FromBits(restart)};
    const auto holds_all = [&] {
      // A claim in doubt looks like somebody else's: it steps down, and its host begins anew.
      if (bench.coordinator->phase() == Coordinator::Phase::kSteppedDown) {
        bench.coordinator = bench.New();
        bench.clients.back()->SetFaults(&faults);
      }
      bench.Greet(worker);
      return bench.told[worker].tasks.size() == 8;
    };
    bench.RunUntil(holds_all);
    for (const auto& [who, snapshot] : bench.told) {
      for (const Assignment& assignment : snapshot.tasks) {
        const auto [entry, fresh] = given.try_emplace({assignment.task, assignment.epoch}, who);
        CHECK(entry->second == who);
      }
    }
  }
  bench.clients.back()->SetFaults(nullptr);
}

TEST_CASE("a task that fails again is dealt anew after growing pauses, and shows why meanwhile") {
  Bench bench;
  const auto applied = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(applied.ok());
  bench.Greet(kFirst);
  bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  TaskReport failed{.task = {"voice", applied.value().incarnation, TaskId::Of(Lane(0U))},
                    .state = TaskState::kFailed,
                    .reason = "no broker"};
  const auto epoch = [&](TaskId task) {
    return bench.coordinator->state().tasks.at({"voice", failed.task.incarnation, task}).epoch;
  };
  for (const Duration pause : {Duration(1'000), Duration(2'000), Duration(4'000)}) {
    failed.epoch = epoch(failed.task.task);
    const MonotonicTime since = bench.clock.Now();
    bench.RunUntil([&] {
      bench.Beat(kFirst, {failed});
      CHECK(bench.coordinator->Workers().at(0).tasks.at(0).reason == "no broker");
      return epoch(failed.task.task) > failed.epoch;
    });
    const Duration waited = bench.clock.Now() - since;
    CHECK(waited >= pause);
    CHECK(waited < pause + Duration(500));
  }
  CHECK(epoch(TaskId::Of(Lane(1U))) == OwnerEpoch(1));
  CHECK(bench.coordinator->moves().at(MoveReason::kFailed) == 3);
}

TEST_CASE("assignments are counted by why they were made") {
  Bench bench;
  const auto count = [&](MoveReason reason) { return bench.coordinator->moves().at(reason); };
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  CHECK(count(MoveReason::kStarted) == 0);
  bench.Greet(kFirst);
  bench.RunUntil([&] { return count(MoveReason::kStarted) == 8; });
  bench.Greet(kSecond);
  bench.RunUntil([&] { return count(MoveReason::kBalance) == 4; });
  const MonotonicTime silent_since = bench.clock.Now();
  bench.RunUntil([&] {
    bench.Beat(kFirst);
    return count(MoveReason::kLost) == 4;
  });
  CHECK(bench.clock.Now() - silent_since >= CoordinatorOptions().session_timeout);
  const WorkerIdentity restarted{"w1", Incarnation::FromBits(11)};
  bench.Greet(restarted);
  bench.RunUntil([&] { return count(MoveReason::kReplaced) == 8; });
  bench.coordinator->Handle(Heartbeat{.worker = restarted, .phase = Heartbeat::Phase::kLeft},
                            bench.clock.Now());
  bench.Greet(kSecond);
  bench.RunUntil([&] { return count(MoveReason::kLeft) == 8; });
  CHECK(count(MoveReason::kFailed) == 0);
}

TEST_CASE(
    "a worker that no broker answers loses its tasks to one that is better off, and only then") {
  Bench bench;
  const auto beat = [&](const WorkerIdentity& worker, bool cut_off) {
    using Phase = Heartbeat::Phase;
    bench.coordinator->Handle(
        Heartbeat{.worker = worker, .phase = cut_off ? Phase::kCutOff : Phase::kServing},
        bench.clock.Now());
  };
  bool first = false;
  bool second = false;
  const auto holds = [&](const WorkerIdentity& worker, std::size_t tasks) {
    beat(kFirst, first);
    beat(kSecond, second);
    return bench.told[worker].tasks.size() == tasks;
  };
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  bench.Greet(kFirst);
  bench.Greet(kSecond);
  bench.RunUntil([&] { return holds(kFirst, 4) && holds(kSecond, 4); });
  const AssignmentSnapshot before = bench.told[kFirst];

  first = second = true;  // nobody is better off
  for (int i = 0; i < 100; ++i) {
    CHECK(holds(kFirst, 4));
    bench.Step();
  }
  CHECK(bench.told[kFirst].tasks == before.tasks);

  // The other one may only have heard earlier that the brokers are back.
  const MonotonicTime serving_since = bench.clock.Now();
  second = false;
  bench.RunUntil([&] { return holds(kSecond, 8); });
  CHECK(bench.clock.Now() - serving_since >= CoordinatorOptions().session_timeout);
  CHECK(holds(kFirst, 0));
  CHECK(bench.coordinator->moves().at(MoveReason::kLost) == 4);
  const auto workers = bench.coordinator->Workers();
  CHECK(workers.at(0).phase == Heartbeat::Phase::kCutOff);

  first = false;
  bench.RunUntil([&] { return holds(kFirst, 4); });
  CHECK(bench.coordinator->moves().at(MoveReason::kBalance) == 4);
}

TEST_CASE("the shuffle log is cut strictly below the committed replay point of its merge") {
  Bench bench;
  const auto applied = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(applied.ok());
  const PipelineNames names{"demo", "voice", applied.value().incarnation};
  for (int i = 0; i < 10; ++i) {
    for (int d = 0; d < 3; ++d) {
      REQUIRE(bench.log.Append({names.ShuffleTopic(), Partition(d)}, {.value = "f"}).ok());
    }
  }
  bench.Greet(kFirst);
  TaskReport report{.task = {"voice", names.incarnation, TaskId::Of(ShufflePartition(1))},
                    .epoch = OwnerEpoch(1),
                    .state = TaskState::kRunning};
  report.committed_replay_point = Savepoint{.next_frame = Offset(7)};
  bench.Beat(kFirst, {report});
  bench.Steps(50);
  bench.clock.Advance(CoordinatorOptions().retention_interval);
  bench.Steps(50);
  const auto start_of = [&](int d) {
    return bench.admin->Ends({names.ShuffleTopic(), Partition(d)}, kTimeout)
        .value->log_start.value();
  };
  CHECK(start_of(0) == 0);
  CHECK(start_of(1) == 7);
  CHECK(start_of(2) == 0);
}

TEST_CASE(
    "pausing takes every task away, resuming deals them under new epochs, deleting forgets them") {
  Bench bench;
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  bench.Greet(kFirst);
  bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  bench.coordinator->SetPipelineState("voice", PipelineState::kPaused);
  bench.RunUntil([&] { return bench.told[kFirst].tasks.empty(); });
  bench.coordinator->SetPipelineState("voice", PipelineState::kRunning);
  bench.RunUntil([&] { return bench.told[kFirst].tasks.size() == 8; });
  for (const Assignment& a : bench.told[kFirst].tasks) CHECK(a.epoch == OwnerEpoch(2));
  bench.coordinator->SetPipelineState("voice", PipelineState::kDeleting);
  bench.RunUntil([&] { return bench.coordinator->state().pipelines.empty(); });
  bench.Steps(20);
  CHECK(bench.coordinator->state().tasks.empty());
  CHECK(bench.told[kFirst].tasks.empty());
  const RequestId unknown = bench.coordinator->SetPipelineState("voice", PipelineState::kPaused);
  bench.Steps(5);
  CHECK(bench.coordinator->TakeResult(unknown)->status().code() == StatusCode::kNotFound);
}

TEST_CASE("a coordinator that begins to lead halts a pipeline whose result topic has grown") {
  Bench bench;
  REQUIRE(bench.admin->CreateTopic({.name = "voice-rows", .partitions = 3}, kTimeout).ok());
  REQUIRE(bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"}).ok());
  REQUIRE(bench.admin->DeleteTopic("voice-rows", kTimeout).ok());
  REQUIRE(bench.admin->CreateTopic({.name = "voice-rows", .partitions = 6}, kTimeout).ok());
  bench.coordinator = bench.New();
  bench.RunUntil([&] {
    const auto found = bench.coordinator->state().pipelines.find("voice");
    return found != bench.coordinator->state().pipelines.end() &&
           found->second->state == PipelineState::kHalted;
  });
  CHECK(bench.coordinator->state().pipelines.at("voice")->reason.find("6 partitions, 3 when") !=
        std::string::npos);
}

TEST_CASE("deleting a pipeline deletes its internal topics and leaves its results") {
  Bench bench;
  const auto applied = bench.Apply({.plan = Plan("voice", {"calls"}), .text = "v1"});
  REQUIRE(applied.ok());
  const PipelineNames names{"demo", "voice", applied.value().incarnation};
  bench.coordinator->SetPipelineState("voice", PipelineState::kDeleting);
  const auto exists = [&](const std::string& topic) {
    return bench.admin->DescribeTopic(topic, kTimeout).ok();
  };
  bench.RunUntil([&] { return !exists(names.ProgressTopic()); });
  CHECK_FALSE(exists(names.ShuffleTopic()));
  CHECK(exists("voice-rows"));
  CHECK(exists(names.LateTopic()));
}

}  // namespace
}  // namespace tidemark
