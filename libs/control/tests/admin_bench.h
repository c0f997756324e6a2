// A cluster in one process for tests of the admin service: coordinators with their servers on
// loopback, workers that step in threads of their own, a log in memory.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>

#include "base/text.h"
#include "control/admin_client.h"
#include "control/admin_service.h"
#include "control/control_server.h"
#include "control/session_client.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "query/tests/calls_by_account.h"
#include "worker/worker.h"

namespace tidemark {

// A coordinator process without its process: host, admin service and server on loopback.
struct Node {
  std::unique_ptr<MemoryLogClient> client;
  SteadyClock clock;
  SessionHub hub;
  std::unique_ptr<CoordinatorHost> host;
  std::unique_ptr<AdminService> admin;
  std::unique_ptr<ControlServer> server;

  Node(MemoryLog& log, const std::string& name, CoordinatorHostOptions::Begin begin)
      : client(log.NewClient(name)) {
    CoordinatorHostOptions options{.begin = begin};
    options.address = name;
    options.leads_at = [](const std::string& address) {
      return AdminClient::LeadsAt(address, ClientCredentials());
    };
    host = std::make_unique<CoordinatorHost>(CoordinatorHost::Ports{client.get(), &clock, &hub},
                                             options, Random(7));
    admin = std::make_unique<AdminService>(AdminService::Ports{
        host.get(), client.get(), &clock, [] { return EventTime(std::int64_t{1}); }});
    auto started = ControlServer::Start({.listen = name}, &hub, admin->service());
    REQUIRE(started.ok());
    server = std::move(*started);
    host->Start();
  }
  ~Node() {
    admin->EndStreams();
    host->Stop();
    server->Stop(Duration(500));
  }
};

// A worker that steps in a thread of its own.
struct RunningWorker {
  std::unique_ptr<MemoryLogClient> client;
  std::atomic<bool> stop{false};
  std::thread thread;

  RunningWorker(MemoryLog& log, const std::string& id, const std::string& coordinator)
      : client(log.NewClient(id)) {
    thread = std::thread([this, id, coordinator] { Run(id, coordinator); });
  }
  ~RunningWorker() {
    stop = true;
    thread.join();
  }
  void Run(const std::string& id, const std::string& coordinator) {
    const SteadyClock clock;
    const PlanLoader load =
        [](const PipelineDefinition& pipeline) -> Result<std::shared_ptr<const PipelinePlan>> {
      return PlanPipeline({.text = pipeline.text, .descriptor_set = pipeline.descriptor_set}).plan;
    };
    WorkerOptions options{.id = id, .address = "here", .heartbeat_interval = Duration(30)};
    Worker worker({client.get(), nullptr, load}, options, Incarnation::FromBits(Hash(id)));
    SessionClient session({.coordinators = {coordinator}});
    SessionHub pause;
    while (!stop) {
      const MonotonicTime now = clock.Now();
      (void)worker.Step(now);
      for (const auto& content : session.Exchange(worker.TakeMessages(now), now)) {
        worker.Handle(content);
      }
      pause.Wait(Duration(2));
    }
  }
  static std::uint64_t Hash(const std::string& id) { return std::hash<std::string>{}(id); }
};

inline std::string FreeAddress() {
  SessionHub hub;
  const auto server = ControlServer::Start({.listen = "127.0.0.1:0"}, &hub, nullptr);
  REQUIRE(server.ok());
  return StrCat("127.0.0.1:", (*server)->port());
}

struct Bench {
  SteadyClock clock;
  MemoryLog log{clock};
  std::string address = FreeAddress();
  std::unique_ptr<Node> node;
  AdminClient client{{.servers = {address}}};

  Bench() {
    REQUIRE(log.NewClient("me")
                ->NewAdmin()
                ->CreateTopic({.name = "calls", .partitions = 2}, Duration(50))
                .ok());
    node = std::make_unique<Node>(log, address, CoordinatorHostOptions::Begin::kClaim);
  }
  Result<admin::v1::Pipeline> Apply(const std::string& name) {
    return ApplyText(CallsByAccount(name));
  }
  Result<admin::v1::Pipeline> ApplyText(const std::string& text) {
    admin::v1::ApplyPipelineRequest request;
    request.set_file("voice.yaml");
    request.set_text(text);
    return client.Apply(request);
  }
  Result<admin::v1::Pipeline> Get(const std::string& name) {
    admin::v1::GetPipelineRequest request;
    request.set_name(name);
    return client.Get(request);
  }
  Result<admin::v1::Pipeline> Set(admin::v1::PipelineState state, const std::string& etag = "") {
    admin::v1::SetPipelineStateRequest request;
    request.set_name("voice");
    request.set_state(state);
    request.set_etag(etag);
    return client.SetState(request);
  }
  template <class Condition>
  void Until(Condition condition) {
    const MonotonicTime deadline = clock.Now() + Duration(20'000);
    while (!condition()) {
      REQUIRE(clock.Now() < deadline);
      SessionHub().Wait(Duration(10));
    }
  }
  void UntilState(admin::v1::PipelineState state) {
    Until([&] {
      const auto pipeline = Get("voice");
      return pipeline.ok() && pipeline->state() == state;
    });
  }
};

}  // namespace tidemark
