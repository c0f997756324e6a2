#include "embedded/embedded_cluster.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "query/planner.h"
#include "query/tests/calls_by_account.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};

struct Bench {
  ManualClock clock;
  std::shared_ptr<const PipelinePlan> plan = PlanPipeline({.text = CallsByAccount()}).plan;
  EmbeddedCluster cluster{clock, Options()};

  EmbeddedOptions Options() {
    EmbeddedOptions options;
    options.load_plan =
        [this](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
      return plan;
    };
    return options;
  }
  void Start() {
    REQUIRE(plan != nullptr);
    cluster.StartCoordinator();
    REQUIRE(cluster.log()
                .NewClient("me")
                ->NewAdmin()
                ->CreateTopic({.name = "calls", .partitions = 2}, kTimeout)
                .ok());
  }
  void Apply() {
    const auto applied = cluster.ApplyAndWait({.plan = plan, .text = CallsByAccount()},
                                              [this] { clock.Advance(Duration(1)); });
    REQUIRE(applied.ok());
  }
  template <class Condition>
  Duration RunUntil(Condition condition) {
    const MonotonicTime begin = clock.Now();
    for (int i = 0; i < 100'000 && !condition(); ++i) {
      if (!cluster.Step()) clock.Advance(Duration(5));
    }
    REQUIRE(condition());
    return clock.Now() - begin;
  }
  std::size_t Running() const {
    const auto reports = cluster.Reports();
    return static_cast<std::size_t>(std::count_if(
        reports.begin(), reports.end(),
        [](const TaskReport& report) { return report.state == TaskState::kRunning; }));
  }
};

TEST_CASE("every task of an applied pipeline runs, once, spread over the workers") {
  Bench bench;
  bench.Start();
  bench.cluster.StartWorker("w1", nullptr);
  bench.cluster.StartWorker("w2", nullptr);
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  for (const auto& [id, process] : bench.cluster.workers()) {
    CHECK(process->worker->Reports().size() == 2);
  }
}

TEST_CASE("a killed worker's tasks run elsewhere soon after its session timeout") {
  Bench bench;
  bench.Start();
  const ProcessId first = bench.cluster.StartWorker("w1", nullptr);
  bench.cluster.StartWorker("w2", nullptr);
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  bench.cluster.Kill(first);
  CHECK(bench.cluster.client(first) == nullptr);
  CHECK(bench.RunUntil([&] { return bench.Running() == 4; }) < Duration(6'000));
}

TEST_CASE("a drained worker leaves at once and its tasks go on elsewhere") {
  Bench bench;
  bench.Start();
  const ProcessId first = bench.cluster.StartWorker("w1", nullptr);
  bench.cluster.StartWorker("w2", nullptr);
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  bench.cluster.Drain(first);
  const Duration took = bench.RunUntil(
      [&] { return bench.cluster.client(first) == nullptr && bench.Running() == 4; });
  CHECK(took < Duration(2'000));
}

TEST_CASE("a second process with the same id takes the place of the first, which ends") {
  Bench bench;
  bench.Start();
  const ProcessId first = bench.cluster.StartWorker("w1", nullptr);
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  const ProcessId second = bench.cluster.StartWorker("w1", nullptr);
  bench.RunUntil([&] { return bench.cluster.client(first) == nullptr && bench.Running() == 4; });
  CHECK(bench.cluster.client(second) != nullptr);
}

TEST_CASE("workers go on without a coordinator, and find the next one") {
  Bench bench;
  bench.Start();
  bench.cluster.StartWorker("w1", nullptr);
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  for (const ProcessId coordinator : bench.cluster.coordinators()) {
    bench.cluster.Kill(coordinator);
  }
  for (int i = 0; i < 2'000; ++i) {
    bench.cluster.Step();
    bench.clock.Advance(Duration(5));
  }
  CHECK(bench.Running() == 4);
  bench.cluster.StartCoordinator();
  bench.cluster.StartWorker("w2", nullptr);
  bench.RunUntil([&] {
    const auto& workers = bench.cluster.workers();
    return bench.Running() == 4 &&
           std::all_of(workers.begin(), workers.end(), [](const auto& entry) {
             return entry.second->worker->Reports().size() == 2;
           });
  });
}

TEST_CASE("a pipeline whose plan does not load is halted with the reason") {
  Bench bench;
  bench.Start();
  EmbeddedOptions options;
  ManualClock clock;
  options.load_plan = [](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
    return Status::Unsupported("HAVING is not supported yet");
  };
  EmbeddedCluster cluster(clock, options);
  cluster.StartCoordinator();
  cluster.StartWorker("w1", nullptr);
  REQUIRE(cluster.log()
              .NewClient("me")
              ->NewAdmin()
              ->CreateTopic({.name = "calls", .partitions = 2}, kTimeout)
              .ok());
  const auto applied = cluster.ApplyAndWait({.plan = bench.plan, .text = CallsByAccount()},
                                            [&] { clock.Advance(Duration(1)); });
  REQUIRE(applied.ok());
  for (int i = 0; i < 5'000; ++i) {
    if (!cluster.Step()) clock.Advance(Duration(5));
  }
  const auto& pipeline = *cluster.leader()->state().pipelines.at("voice");
  CHECK(pipeline.state == PipelineState::kHalted);
  CHECK(pipeline.reason.find("HAVING is not supported yet") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
