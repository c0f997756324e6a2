#include <grpcpp/grpcpp.h>

#include <future>

#include "control/tests/admin_bench.h"
#include "control/tests/loopback_listener.h"
#include "tidemark/admin/v1/admin.grpc.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kTimeout{50};

TEST_CASE("a pipeline is applied, runs, pauses, resumes and is gone, each call told its state") {
  Bench bench;
  const auto applied = bench.Apply("voice");
  REQUIRE(applied.ok());
  CHECK(applied->state() == pb::PIPELINE_STATE_STARTING);
  CHECK(applied->reason().find("there is no worker") != std::string::npos);
  RunningWorker worker(bench.log, "w1", bench.address);
  bench.UntilState(pb::PIPELINE_STATE_RUNNING);
  const auto again = bench.Apply("voice");
  REQUIRE(again.ok());
  CHECK(again->incarnation() == applied->incarnation());
  CHECK(again->etag() == applied->etag());
  const auto paused = bench.Set(pb::PIPELINE_STATE_PAUSED, applied->etag());
  REQUIRE(paused.ok());
  CHECK(paused->etag() != applied->etag());
  bench.UntilState(pb::PIPELINE_STATE_PAUSED);
  REQUIRE(bench.Set(pb::PIPELINE_STATE_RUNNING).ok());
  bench.UntilState(pb::PIPELINE_STATE_RUNNING);
  pb::DeletePipelineRequest request;
  request.set_name("voice");
  REQUIRE(bench.client.Delete(request).ok());
  bench.Until([&] { return bench.Get("voice").status().code() == StatusCode::kNotFound; });
}

TEST_CASE("a stale etag aborts the change, and nothing is changed") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  const auto refused = bench.Set(pb::PIPELINE_STATE_PAUSED, "0123456789abcdef");
  CHECK(refused.status().code() == StatusCode::kAborted);
  CHECK(bench.Get("voice")->state() == pb::PIPELINE_STATE_STARTING);
}

TEST_CASE("a name that does not exist is not found, with the nearest that does") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  const auto missing = bench.Get("voise");
  CHECK(missing.status().code() == StatusCode::kNotFound);
  CHECK(missing.status().message().find("did you mean 'voice'?") != std::string::npos);
  pb::GetQuerySchemaRequest request;
  request.set_pipeline("voice");
  request.set_query("calls_by_acount");
  const auto schema = bench.client.Schema(request);
  CHECK(schema.status().code() == StatusCode::kNotFound);
  CHECK(schema.status().message().find("calls_by_account") != std::string::npos);
}

TEST_CASE("a file with mistakes is refused with every one of them in the details") {
  Bench bench;
  std::string text = CallsByAccount();
  text.replace(text.find("topics"), 6, "topisc");
  text.replace(text.find("count(*)"), 8, "cuont(*)");
  const auto refused = bench.ApplyText(text);
  CHECK(refused.status().code() == StatusCode::kInvalidArgument);
  const auto mistakes = bench.client.diagnostics().size();
  REQUIRE(mistakes >= 2);
  for (const pb::Diagnostic& diagnostic : bench.client.diagnostics()) {
    CHECK(diagnostic.file() == "voice.yaml");
    CHECK(diagnostic.line() > 0);
    CHECK_FALSE(diagnostic.message().empty());
  }
  pb::PlanPipelineRequest request;
  request.set_text(text);
  const auto plan = bench.client.Plan(request);
  REQUIRE(plan.ok());
  CHECK(plan->verdict() == pb::VERDICT_REFUSED);
  CHECK(plan->diagnostics_size() == static_cast<int>(mistakes));
}

TEST_CASE("another text for a name that exists is refused with what would work") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  std::string text = CallsByAccount();
  text.replace(text.find("'1m'"), 4, "'5m'");
  const auto refused = bench.ApplyText(text);
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK(refused.status().message().find("delete it") != std::string::npos);
}

TEST_CASE("a plan names what would be created and what it costs, and changes nothing") {
  Bench bench;
  pb::PlanPipelineRequest request;
  request.set_text(CallsByAccount());
  const auto plan = bench.client.Plan(request);
  REQUIRE(plan.ok());
  CHECK(plan->verdict() == pb::VERDICT_ADD);
  CHECK(plan->cost().lanes() == 2);
  CHECK(plan->cost().frames_per_second() == 20);
  CHECK(plan->cost().commit_interval_ms() == 200);
  CHECK(plan->topics_size() == 6);
  CHECK(bench.Get("voice").status().code() == StatusCode::kNotFound);
  CHECK(bench.log.Topics().size() == 2);  // the source and the metadata topic
  pb::ApplyPipelineRequest apply;
  apply.set_text(request.text());
  apply.set_plan_id(plan->plan_id());
  REQUIRE(bench.client.Apply(apply).ok());
  CHECK(bench.client.Plan(request)->verdict() == pb::VERDICT_UNCHANGED);
  CHECK(bench.client.Apply(apply).status().code() == StatusCode::kAborted);
}

TEST_CASE("a plan of more frames than a broker's budget tells how often lanes will commit") {
  Bench bench;
  pb::PlanPipelineRequest request;
  std::string text = CallsByAccount("voice");
  text.replace(text.find("partitions: 2"), 13, "partitions: 128");
  request.set_text(text);
  const auto plan = bench.client.Plan(request);
  REQUIRE(plan.ok());
  REQUIRE(plan->diagnostics().empty());
  CHECK(plan->cost().commit_interval_ms() == 256);
  CHECK(plan->cost().frames_per_second() == plan->cost().frame_budget());
  REQUIRE(!plan->warnings().empty());
  CHECK(plan->warnings().rbegin()->find("every 256 ms") != std::string::npos);
}

TEST_CASE("a plan of a source that is missing, or of a result topic in use, is refused") {
  Bench bench;
  pb::PlanPipelineRequest request;
  request.set_text(CallsByAccount());
  SECTION("no source") {
    std::string text = CallsByAccount();
    text.replace(text.find("[calls]"), 7, "[cells]");
    request.set_text(text);
  }
  SECTION("result topic in use") {
    const auto admin = bench.log.NewClient("me")->NewAdmin();
    REQUIRE(admin->CreateTopic({.name = "voice-rows", .partitions = 1}, kTimeout).ok());
    REQUIRE(bench.log.Append({"voice-rows", Partition(0)}, {.value = "x"}).ok());
  }
  const auto plan = bench.client.Plan(request);
  REQUIRE(plan.ok());
  CHECK(plan->verdict() == pb::VERDICT_REFUSED);
  CHECK_FALSE(plan->reason().empty());
}

TEST_CASE("lists come in pages that hold everything once") {
  Bench bench;
  for (const char* name : {"a", "b", "c"}) REQUIRE(bench.Apply(name).ok());
  pb::ListPipelinesRequest request;
  request.set_page_size(2);
  const auto first = bench.client.List(request);
  REQUIRE(first.ok());
  CHECK(first->pipelines_size() == 2);
  request.set_page_token(first->next_page_token());
  const auto second = bench.client.List(request);
  REQUIRE(second.ok());
  REQUIRE(second->pipelines_size() == 1);
  CHECK(second->pipelines(0).name() == "c");
  CHECK(second->next_page_token().empty());
  request.set_page_size(1'001);
  CHECK(bench.client.List(request).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("workers and tasks are listed as they are") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  pb::ListTasksRequest tasks;
  CHECK(bench.client.Tasks(tasks)->tasks(0).state() == "UNASSIGNED");
  RunningWorker first(bench.log, "w1", bench.address);
  RunningWorker second(bench.log, "w2", bench.address);
  bench.Until([&] {
    const auto workers = bench.client.Workers(pb::ListWorkersRequest());
    return workers->workers_size() == 2 && workers->workers(0).tasks_running() == 2 &&
           workers->workers(1).tasks_running() == 2;
  });
  const auto running = bench.client.Tasks(tasks);
  REQUIRE(running->tasks_size() == 4);
  CHECK(running->tasks(0).name() == "voice/lane-0");
  CHECK(running->tasks(0).state() == "RUNNING");
}

TEST_CASE("every record of the input is in the audit, dead ones too") {
  Bench bench;
  REQUIRE(bench.log.Append({"calls", Partition(1)}, {.value = "no event"}).ok());
  REQUIRE(bench.log.Append({"calls", Partition(1)}, {.value = std::nullopt}).ok());
  REQUIRE(bench.Apply("voice").ok());
  RunningWorker worker(bench.log, "w1", bench.address);
  pb::AuditPipelineRequest request;
  request.set_name("voice");
  pb::Audit audit;
  bench.Until([&] {
    const auto answer = bench.client.Audit(request);
    REQUIRE(answer.ok());
    audit = *answer;
    return audit.partitions_size() == 2 && audit.partitions(1).records() == 2;
  });
  CHECK(audit.balanced());
  CHECK(audit.partitions(1).dead_letter() == 1);
  CHECK(audit.partitions(1).tombstones() == 1);
  pb::ListWindowsRequest windows;
  windows.set_pipeline("voice");
  const auto times = bench.client.Windows(windows);
  REQUIRE(times.ok());
  REQUIRE(times->partitions_size() == 2);
  CHECK_FALSE(times->has_combined());
  CHECK(times->partitions(0).holds());
}

TEST_CASE("a tail brings the committed rows of its query once, and goes on where it was") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  const HeaderView own{"tidemark-query", "calls_by_account"};
  const HeaderView other{"tidemark-query", "somebody_else"};
  const auto append = [&](const char* value, const HeaderView& query) {
    REQUIRE(bench.log
                .Append({"voice-rows", Partition(0)},
                        {.key = "k", .value = value, .headers = std::span(&query, 1)})
                .ok());
  };
  append("{\"n\":1}", own);
  append("{\"n\":9}", other);
  pb::TailQueryRequest request;
  request.set_pipeline("voice");
  request.set_query("calls_by_account");
  request.set_from_beginning(true);
  std::vector<std::string> values;
  const auto take_one = [&](const pb::TailQueryResponse& response) {
    for (const pb::Row& row : response.rows()) values.push_back(row.value());
    *request.mutable_positions() = response.positions();
    return values.empty();
  };
  REQUIRE(bench.client.Tail(request, take_one).ok());
  CHECK(values == std::vector<std::string>{"{\"n\":1}"});
  values.clear();
  append("{\"n\":2}", own);
  REQUIRE(bench.client.Tail(request, take_one).ok());
  CHECK(values == std::vector<std::string>{"{\"n\":2}"});
}

TEST_CASE("a watch tells each change and ends when the pipeline is gone") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  RunningWorker worker(bench.log, "w1", bench.address);
  pb::WatchPipelineRequest request;
  request.set_name("voice");
  bool ran = false;
  const Status ended = bench.client.Watch(request, [&](const pb::Pipeline& pipeline) {
    if (pipeline.state() == pb::PIPELINE_STATE_RUNNING && !ran) {
      ran = true;
      pb::DeletePipelineRequest gone;
      gone.set_name("voice");
      REQUIRE(AdminClient({.servers = {bench.address}}).Delete(gone).ok());
    }
    return true;
  });
  CHECK(ran);
  CHECK(ended.code() == StatusCode::kNotFound);
}

TEST_CASE("an open stream ends soon when its coordinator stops") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  pb::WatchPipelineRequest request;
  request.set_name("voice");
  std::thread stopper;
  const MonotonicTime begin = bench.clock.Now();
  const Status ended = bench.client.Watch(request, [&](const pb::Pipeline&) {
    if (!stopper.joinable()) stopper = std::thread([&] { bench.node.reset(); });
    return true;
  });
  stopper.join();
  CHECK(ended.code() == StatusCode::kUnavailable);
  CHECK(bench.clock.Now() - begin < Duration(4'000));
}

TEST_CASE("a spare refuses with the leader's address, and clients follow it") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  const std::string spare_address = FreeAddress();
  const Node spare(bench.log, spare_address, CoordinatorHostOptions::Begin::kWait);
  bench.Until([&] { return spare.host->standing().leader == bench.address; });
  AdminClient client({.servers = {spare_address}});
  CHECK(client.List(pb::ListPipelinesRequest())->pipelines_size() == 1);
  CHECK_FALSE(AdminClient::LeadsAt(spare_address, ClientCredentials()));
  CHECK(AdminClient::LeadsAt(bench.address, ClientCredentials()));
}

TEST_CASE("a client connects at each try, so that a coordinator that comes late is found") {
  // No server of gRPC in this process: its threads would do for the client what commands lack.
  std::optional<LoopbackListener> nobody(std::in_place);
  auto asking = std::async(std::launch::async, [address = nobody->address()] {
    AdminClient client({.servers = {address}, .patience = Duration(2'500)});
    return client.List(pb::ListPipelinesRequest()).status().code();
  });
  CHECK(nobody->EndConnections(4) == 4);
  nobody.reset();
  CHECK(asking.get() == StatusCode::kUnavailable);
}

TEST_CASE("a coordinator whose term is taken becomes a spare of the one that took it") {
  Bench bench;
  REQUIRE(bench.Apply("voice").ok());
  const std::string next_address = FreeAddress();
  const Node next(bench.log, next_address, CoordinatorHostOptions::Begin::kClaim);
  bench.Until([&] { return next.host->standing().leading; });
  bench.Until([&] { return bench.node->host->standing().leader == next_address; });
  CHECK(bench.client.List(pb::ListPipelinesRequest())->pipelines_size() == 1);
}

TEST_CASE("what this version does not have says so") {
  Bench bench;
  const auto stub =
      pb::Admin::NewStub(grpc::CreateChannel(bench.address, grpc::InsecureChannelCredentials()));
  const auto check = [](const grpc::Status& status) {
    CHECK(status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
    CHECK(status.error_message().find("not supported yet") != std::string::npos);
  };
  const auto call = [&](auto method, const auto& request, auto response) {
    grpc::ClientContext context;
    check((stub.get()->*method)(&context, request, &response));
  };
  call(&pb::Admin::Stub::DrainWorker, pb::DrainWorkerRequest(), pb::Worker());
  call(&pb::Admin::Stub::MoveTask, pb::MoveTaskRequest(), pb::Task());
  call(&pb::Admin::Stub::ExplainWindow, pb::ExplainWindowRequest(), pb::ExplainWindowResponse());
  call(&pb::Admin::Stub::CloseWindows, pb::CloseWindowsRequest(), pb::CloseWindowsResponse());
  call(&pb::Admin::Stub::GetState, pb::GetStateRequest(), pb::GetStateResponse());
}

}  // namespace
}  // namespace tidemark
