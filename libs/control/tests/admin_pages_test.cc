#include "control/admin_pages.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kTimeout{50};

std::string Yaml(const std::string& name) {
  return StrCat("version: 1\npipeline: ", name, R"(
source:
  name: calls
  topics: [calls]
  message: tidemark.events.v1.CallMetric
  event_time: event_time_ms
shuffle: {lanes: 0, partitions: 2}
queries:
  - name: by_account
    sql: SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('1m'), account_sid
    sinks: [{topic: )",
                name, "-rows, revisions: all, format: json}]\n");
}

// A coordinator on the memory log, and its pages, without any server.
struct Node {
  std::unique_ptr<MemoryLogClient> client;
  SteadyClock clock;
  SessionHub hub;
  CoordinatorHost host;
  AdminReads reads{{&host, client.get(), &clock}};
  AdminPages pages{&reads, AdminPages::Access::kOpen};

  static CoordinatorHostOptions Options(const std::string& address,
                                        CoordinatorHostOptions::Begin begin) {
    CoordinatorHostOptions options{.begin = begin};
    options.address = address;
    options.leads_at = [](const std::string&) { return true; };
    return options;
  }
  Node(MemoryLog& log, const std::string& address, CoordinatorHostOptions::Begin begin)
      : client(log.NewClient(address)),
        host({client.get(), &clock, &hub}, Options(address, begin), Random(7)) {
    host.Start();
  }
  ~Node() { host.Stop(); }

  template <class Condition>
  void Until(Condition condition) {
    const MonotonicTime deadline = clock.Now() + Duration(20'000);
    while (!condition()) {
      REQUIRE(clock.Now() < deadline);
      SessionHub().Wait(Duration(5));
    }
  }
};

struct Bench {
  SteadyClock clock;
  MemoryLog log{clock};
  std::unique_ptr<Node> node;

  Bench() {
    REQUIRE(log.NewClient("me")
                ->NewAdmin()
                ->CreateTopic({.name = "calls", .partitions = 2}, kTimeout)
                .ok());
    node = std::make_unique<Node>(log, "leader:7070", CoordinatorHostOptions::Begin::kClaim);
    node->Until([&] { return node->host.standing().leading; });
  }
  void Apply(const std::string& name) {
    PipelineChange change{.name = name};
    change.apply =
        ApplyRequest{.plan = PlanPipeline({.text = Yaml(name)}).plan, .text = Yaml(name)};
    REQUIRE(node->host.Change(std::move(change), Duration(20'000)).ok());
  }
  HttpResponse Get(const std::string& path,
                   std::multimap<std::string, std::string> query = {}) const {
    return node->pages.Answer({path, std::move(query)});
  }
  template <class Message>
  Message Read(const std::string& path, std::multimap<std::string, std::string> query = {}) const {
    const HttpResponse response = Get(path, std::move(query));
    INFO(path << ": " << response.body);
    REQUIRE(response.status == 200);
    CHECK(response.type == "application/json; charset=utf-8");
    Message message;
    REQUIRE(google::protobuf::util::JsonStringToMessage(response.body, &message).ok());
    return message;
  }
};

google::rpc::Status ErrorOf(const HttpResponse& response) {
  google::rpc::Status status;
  INFO(response.body);
  REQUIRE(google::protobuf::util::JsonStringToMessage(response.body, &status).ok());
  CHECK(response.type == "application/json; charset=utf-8");
  return status;
}

template <class Message>
bool Equal(const Message& a, const Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

TEST_CASE("each page says what the method of its name says") {
  Bench bench;
  bench.Apply("voice");
  AdminReads& reads = bench.node->reads;
  pb::GetPipelineRequest get;
  get.set_name("voice");
  CHECK(Equal(bench.Read<pb::Pipeline>("/api/v1/pipelines/voice"), *reads.Get(get)));
  CHECK(Equal(bench.Read<pb::ListPipelinesResponse>("/api/v1/pipelines"), *reads.List({})));
  pb::AuditPipelineRequest audit;
  audit.set_name("voice");
  const auto audited = bench.Read<pb::Audit>("/api/v1/pipelines/voice/audit");
  CHECK(audited.balanced());
  CHECK(Equal(audited, *reads.Audit(audit)));
  pb::ListWindowsRequest windows;
  windows.set_pipeline("voice");
  const auto listed = bench.Read<pb::ListWindowsResponse>("/api/v1/pipelines/voice/windows");
  CHECK(listed.partitions_size() == 2);
  CHECK(Equal(listed, *reads.Windows(windows)));
  const auto schema =
      bench.Read<pb::QuerySchema>("/api/v1/pipelines/voice/queries/by_account/schema");
  CHECK(schema.columns_size() == 6);
  const auto tasks = bench.Read<pb::ListTasksResponse>("/api/v1/tasks", {{"pipeline", "voice"}});
  CHECK(tasks.tasks_size() == 4);
  CHECK(Equal(bench.Read<pb::ListWorkersResponse>("/api/v1/workers/"), *reads.Workers({})));
}

TEST_CASE("names are those of proto3 JSON, and what is 0 or false is there") {
  Bench bench;
  bench.Apply("voice");
  const std::string body = bench.Get("/api/v1/pipelines/voice").body;
  INFO(body);
  CHECK(body.find("\"shufflePartitions\":2") != std::string::npos);
  CHECK(body.find("\"tasksRunning\":0") != std::string::npos);
  CHECK(body.find("\"state\":\"PIPELINE_STATE_STARTING\"") != std::string::npos);
}

TEST_CASE("a list is read page by page, by either name of a parameter") {
  Bench bench;
  for (const char* name : {"a", "b", "c"}) bench.Apply(name);
  const auto first =
      bench.Read<pb::ListPipelinesResponse>("/api/v1/pipelines", {{"page_size", "2"}});
  REQUIRE(first.pipelines_size() == 2);
  const auto second = bench.Read<pb::ListPipelinesResponse>(
      "/api/v1/pipelines", {{"pageSize", "2"}, {"pageToken", first.next_page_token()}});
  REQUIRE(second.pipelines_size() == 1);
  CHECK(second.pipelines(0).name() == "c");
  CHECK(second.next_page_token().empty());
}

TEST_CASE("what is asked wrongly is told apart: 404 and 400, with what there is") {
  Bench bench;
  bench.Apply("voice");
  const HttpResponse missing = bench.Get("/api/v1/pipelines/voise");
  CHECK(missing.status == 404);
  CHECK(ErrorOf(missing).code() == 5);
  CHECK(ErrorOf(missing).message().find("did you mean 'voice'?") != std::string::npos);
  CHECK(bench.Get("/api/v1/pipelines/voice/queries/by_acount/schema").status == 404);
  CHECK(bench.Get("/api/v1/tasks", {{"pipeline", "nobody"}}).status == 404);

  const auto bad = [&](std::multimap<std::string, std::string> query, const std::string& says) {
    const HttpResponse response = bench.Get("/api/v1/pipelines", std::move(query));
    CHECK(response.status == 400);
    CHECK(ErrorOf(response).code() == 3);
    CHECK(ErrorOf(response).message().find(says) != std::string::npos);
  };
  bad({{"page_size", "ten"}}, "page_size=ten: write a number");
  bad({{"page_size", "1001"}}, "1 to 1000");
  bad({{"page_size", "1"}, {"page_size", "2"}}, "given twice");
  bad({{"size", "1"}}, "there is no parameter 'size'; there are: page_size, page_token");
}

TEST_CASE("an unknown path is not found, and the answer names every path there is") {
  const Bench bench;
  for (const char* path : {"/api/v1", "/api/v1/", "/api/v1/pipeline", "/api/v1/pipelines//audit",
                           "/api/v1/pipelines/voice/audit/more"}) {
    INFO(path);
    const HttpResponse response = bench.Get(path);
    CHECK(response.status == 404);
    for (const std::string& there : AdminPaths()) {
      CHECK(ErrorOf(response).message().find(there) != std::string::npos);
    }
  }
}

TEST_CASE("one that does not lead answers 503 and names the leader") {
  Bench bench;
  Node spare(bench.log, "spare:7070", CoordinatorHostOptions::Begin::kWait);
  spare.Until([&] { return spare.host.standing().leader == "leader:7070"; });
  for (const std::string path : {"/api/v1/pipelines", "/api/v1/workers"}) {
    const HttpResponse response = spare.pages.Answer({path, {}});
    CHECK(response.status == 503);
    CHECK(ErrorOf(response).code() == 14);
    CHECK(ErrorOf(response).message().find("ask leader:7070") != std::string::npos);
  }
}

TEST_CASE("where callers must show a certificate, the pages that cannot ask for one are shut") {
  Bench bench;
  AdminPages shut(&bench.node->reads, AdminPages::Access::kRefused);
  const HttpResponse response = shut.Answer({"/api/v1/pipelines", {}});
  CHECK(response.status == 403);
  CHECK(ErrorOf(response).message().find("tls.client_ca") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
