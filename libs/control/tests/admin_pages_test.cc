#include "control/admin_pages.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include "control/tests/admin_bench.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

struct PagesBench : Bench {
  AdminPages pages{&node->admin->reads(), AdminPages::Access::kOpen};

  HttpResponse Ask(const std::string& path, std::multimap<std::string, std::string> query = {}) {
    return pages.Answer({path, std::move(query)});
  }
  template <class Message>
  Message Read(const std::string& path, std::multimap<std::string, std::string> query = {}) {
    const HttpResponse response = Ask(path, std::move(query));
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
  PagesBench bench;
  REQUIRE(bench.Apply("voice").ok());
  AdminReads& reads = bench.node->admin->reads();
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
      bench.Read<pb::QuerySchema>("/api/v1/pipelines/voice/queries/calls_by_account/schema");
  CHECK(schema.columns_size() == 6);
  const auto tasks = bench.Read<pb::ListTasksResponse>("/api/v1/tasks", {{"pipeline", "voice"}});
  CHECK(tasks.tasks_size() == 4);
  CHECK(Equal(bench.Read<pb::ListWorkersResponse>("/api/v1/workers/"), *reads.Workers({})));
}

TEST_CASE("names are those of proto3 JSON, and what is 0 or false is there") {
  PagesBench bench;
  REQUIRE(bench.Apply("voice").ok());
  const std::string body = bench.Ask("/api/v1/pipelines/voice").body;
  INFO(body);
  CHECK(body.find("\"shufflePartitions\":2") != std::string::npos);
  CHECK(body.find("\"tasksRunning\":0") != std::string::npos);
  CHECK(body.find("\"state\":\"PIPELINE_STATE_STARTING\"") != std::string::npos);
}

TEST_CASE("a list is read page by page, by either name of a parameter") {
  PagesBench bench;
  for (const char* name : {"a", "b", "c"}) REQUIRE(bench.Apply(name).ok());
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
  PagesBench bench;
  REQUIRE(bench.Apply("voice").ok());
  const HttpResponse missing = bench.Ask("/api/v1/pipelines/voise");
  CHECK(missing.status == 404);
  CHECK(ErrorOf(missing).code() == 5);
  CHECK(ErrorOf(missing).message().find("did you mean 'voice'?") != std::string::npos);
  CHECK(bench.Ask("/api/v1/pipelines/voice/queries/calls_by_acount/schema").status == 404);
  CHECK(bench.Ask("/api/v1/tasks", {{"pipeline", "nobody"}}).status == 404);

  const auto bad = [&](std::multimap<std::string, std::string> query, const std::string& says) {
    const HttpResponse response = bench.Ask("/api/v1/pipelines", std::move(query));
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
  PagesBench bench;
  for (const char* path : {"/api/v1", "/api/v1/", "/api/v1/pipeline", "/api/v1/pipelines//audit",
                           "/api/v1/pipelines/voice/audit/more"}) {
    INFO(path);
    const HttpResponse response = bench.Ask(path);
    CHECK(response.status == 404);
    for (const std::string& there : AdminPaths()) {
      CHECK(ErrorOf(response).message().find(there) != std::string::npos);
    }
  }
}

TEST_CASE("one that does not lead answers 503 and names the leader") {
  PagesBench bench;
  bench.Until([&] { return bench.node->host->standing().leading; });
  const Node spare(bench.log, FreeAddress(), CoordinatorHostOptions::Begin::kWait);
  bench.Until([&] { return spare.host->standing().leader == bench.address; });
  AdminPages pages(&spare.admin->reads(), AdminPages::Access::kOpen);
  for (const std::string path : {"/api/v1/pipelines", "/api/v1/workers"}) {
    const HttpResponse response = pages.Answer({path, {}});
    CHECK(response.status == 503);
    CHECK(ErrorOf(response).code() == 14);
    CHECK(ErrorOf(response).message().find("ask " + bench.address) != std::string::npos);
  }
}

TEST_CASE("where callers must show a certificate, the pages that cannot ask for one are shut") {
  PagesBench bench;
  AdminPages shut(&bench.node->admin->reads(), AdminPages::Access::kRefused);
  const HttpResponse response = shut.Answer({"/api/v1/pipelines", {}});
  CHECK(response.status == 403);
  CHECK(ErrorOf(response).message().find("tls.client_ca") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
