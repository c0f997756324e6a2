#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/text.h"
#include "cluster/coordinator.h"
#include "control/control_server.h"
#include "control/session_client.h"
#include "control/tests/loopback_listener.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "query/tests/calls_by_account.h"
#include "worker/worker.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};

// A coordinator on the memory log behind a real server on loopback.
struct Leader {
  std::unique_ptr<MemoryLogClient> client;
  SessionHub hub;
  std::unique_ptr<Coordinator> coordinator;
  std::unique_ptr<ControlServer> server;

  Leader(MemoryLog& log, const std::string& listen)
      : client(log.NewClient("coordinator")),
        coordinator(std::make_unique<Coordinator>(client.get(), CoordinatorOptions(), Random(1))) {
    auto started = ControlServer::Start({.listen = listen}, &hub, nullptr);
    REQUIRE(started.ok());
    server = std::move(*started);
  }
  std::string address() const { return StrCat("127.0.0.1:", server->port()); }
  void Step(MonotonicTime now) {
    for (const Upward& message : hub.Take()) coordinator->Handle(message, now);
    coordinator->Step(now);
    hub.Send(coordinator->TakeMessages());
    const bool leading = coordinator->phase() == Coordinator::Phase::kLeading;
    hub.SetStanding({.leading = leading, .reason = "it does not lead"});
  }
};

struct Member {
  std::unique_ptr<MemoryLogClient> client;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<SessionClient> session;

  void Step(MonotonicTime now) {
    worker->Step(now);
    for (const DownwardContent& content : session->Exchange(worker->TakeMessages(now), now)) {
      worker->Handle(content);
    }
  }
  std::size_t Running() const {
    std::size_t running = 0;
    for (const TaskReport& report : worker->Reports()) {
      running += report.state == TaskState::kRunning ? 1U : 0U;
    }
    return running;
  }
};

struct Bench {
  SteadyClock clock;
  MemoryLog log{clock};
  std::shared_ptr<const PipelinePlan> plan = PlanPipeline({.text = CallsByAccount()}).plan;
  std::unique_ptr<Leader> leader;
  std::vector<std::unique_ptr<Member>> members;

  Bench() {
    REQUIRE(plan != nullptr);
    REQUIRE(log.NewClient("me")
                ->NewAdmin()
                ->CreateTopic({.name = "calls", .partitions = 2}, kTimeout)
                .ok());
    leader = std::make_unique<Leader>(log, "127.0.0.1:0");
  }
  Member& Join(const std::string& id, std::vector<std::string> coordinators) {
    auto member = std::make_unique<Member>();
    member->client = log.NewClient(id);
    WorkerOptions options{.id = id, .address = "here", .heartbeat_interval = Duration(50)};
    const PlanLoader load =
        [this](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
      return plan;
    };
    member->worker = std::make_unique<Worker>(Worker::Ports{member->client.get(), nullptr, load},
                                              options, Incarnation::FromBits(members.size() + 1));
    member->session = std::make_unique<SessionClient>(
        SessionClientOptions{.coordinators = std::move(coordinators), .silence = Duration(500)});
    members.push_back(std::move(member));
    return *members.back();
  }
  void Apply() {
    RunUntil([&] { return leader->coordinator->phase() == Coordinator::Phase::kLeading; });
    const RequestId id =
        leader->coordinator->ApplyPipeline({.plan = plan, .text = CallsByAccount()});
    RunUntil([&] {
      const auto result = leader->coordinator->TakeResult(id);
      if (result) REQUIRE(result->ok());
      return result.has_value();
    });
  }
  std::size_t Running() const {
    std::size_t running = 0;
    for (const auto& member : members) running += member->Running();
    return running;
  }
  template <class Condition>
  void RunUntil(Condition condition) {
    const MonotonicTime deadline = clock.Now() + Duration(20'000);
    while (!condition()) {
      REQUIRE(clock.Now() < deadline);
      if (leader) leader->Step(clock.Now());
      for (const auto& member : members) member->Step(clock.Now());
      SessionHub().Wait(Duration(1));
    }
  }
};

TEST_CASE("workers get their tasks over the network, and share them") {
  Bench bench;
  bench.Join("w1", {bench.leader->address()});
  bench.Join("w2", {bench.leader->address()});
  bench.Apply();
  bench.RunUntil(
      [&] { return bench.members[0]->Running() == 2 && bench.members[1]->Running() == 2; });
  CHECK(bench.leader->coordinator->Workers().size() == 2);
}

TEST_CASE("a worker goes on without coordinator and finds it again after its restart") {
  Bench bench;
  Member& first = bench.Join("w1", {bench.leader->address()});
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  const std::string address = bench.leader->address();
  bench.leader.reset();
  const MonotonicTime begin = bench.clock.Now();
  bench.RunUntil([&] { return bench.clock.Now() - begin > Duration(700); });
  CHECK(first.Running() == 4);
  bench.leader = std::make_unique<Leader>(bench.log, address);
  bench.RunUntil([&] {
    const auto workers = bench.leader->coordinator->Workers();
    return workers.size() == 1 && workers[0].address == "here";
  });
  bench.Join("w2", {address});
  bench.RunUntil(
      [&] { return bench.members[0]->Running() == 2 && bench.members[1]->Running() == 2; });
}

TEST_CASE("a worker follows the refusal of a coordinator that names the leader") {
  Bench bench;
  SessionHub spare_hub;
  auto spare = ControlServer::Start({.listen = "127.0.0.1:0"}, &spare_hub, nullptr);
  REQUIRE(spare.ok());
  spare_hub.SetStanding({.leader = bench.leader->address(), .reason = "it is a spare"});
  bench.Join("w1", {StrCat("127.0.0.1:", (*spare)->port())});
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
}

TEST_CASE("an address where nobody answers is passed over") {
  Bench bench;
  bench.Join("w1", {"127.0.0.1:1", bench.leader->address()});
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
}

TEST_CASE("a coordinator that stands still is given up and asked again, as often as it takes") {
  // No server of gRPC in this process: its threads end with the last stream of a client.
  const LoopbackListener silent;
  const SteadyClock clock;
  for (int i = 0; i < 20; ++i) {
    SessionClient client({.coordinators = {silent.address()}, .silence = Duration(20)});
    const MonotonicTime begin = clock.Now();
    while (clock.Now() - begin < Duration(100)) {
      CHECK(client.Exchange({}, clock.Now()).empty());
      SessionHub().Wait(Duration(1));
    }
  }
}

TEST_CASE("the second process with a worker's id replaces the first, which ends") {
  Bench bench;
  Member& first = bench.Join("w1", {bench.leader->address()});
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  Member& second = bench.Join("w1", {bench.leader->address()});
  bench.RunUntil([&] { return first.worker->phase() == Worker::Phase::kReplaced; });
  bench.RunUntil([&] { return second.Running() == 4; });
}

TEST_CASE("the goodbye of a worker arrives though its process ends at once") {
  Bench bench;
  Member& first = bench.Join("w1", {bench.leader->address()});
  bench.Apply();
  bench.RunUntil([&] { return bench.Running() == 4; });
  first.worker->Drain();
  bench.RunUntil([&] { return first.worker->phase() == Worker::Phase::kLeft; });
  first.Step(bench.clock.Now());
  bench.members.clear();
  const MonotonicTime begin = bench.clock.Now();
  bench.RunUntil([&] { return bench.leader->coordinator->Workers().empty(); });
  CHECK(bench.clock.Now() - begin < Duration(1'000));
}

TEST_CASE("a server's reflection can describe the health service, which gRPC serves by itself") {
  SessionHub hub;
  REQUIRE(ControlServer::Start({.listen = "127.0.0.1:0"}, &hub, nullptr).ok());
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  CHECK(pool->FindServiceByName("grpc.health.v1.Health") != nullptr);
}

TEST_CASE("a port that is taken is an error that says so, not a second listener") {
  Bench bench;
  SessionHub hub;
  const auto second = ControlServer::Start({.listen = bench.leader->address()}, &hub, nullptr);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == StatusCode::kUnavailable);
  CHECK(second.status().message().find(bench.leader->address()) != std::string::npos);
}

}  // namespace
}  // namespace tidemark
