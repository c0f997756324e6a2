// tidemark query list|schema, worker list, task list, window list, audit, health.
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "cli/admin_commands.h"
#include "cli/exit_code.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

struct QueryName {
  std::string pipeline;
  std::string query;
};

QueryName Split(const std::string& name) {
  const std::size_t slash = name.find('/');
  return {name.substr(0, slash), slash == std::string::npos ? "" : name.substr(slash + 1)};
}

// All pages of a list, their entries one behind the other.
template <class Request, class Response>
Status CollectPages(AdminClient& client, Request request,
                    Result<Response> (AdminClient::*call)(const Request&), Response& all) {
  while (true) {
    const auto page = (client.*call)(request);
    if (!page.ok()) return page.status();
    all.MergeFrom(*page);
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
  }
  all.clear_next_page_token();
  return {};
}

void PrintWindows(const pb::ListWindowsResponse& all) {
  std::printf("%s", TableOf(RowsOf(all.partitions()), {"topic", "partition", "state", "watermark",
                                                       "position", "lag", "holds"})
                        .c_str());
  std::printf("\n%s", TableOf(RowsOf(all.windows()), {"query", "start", "end", "state"}).c_str());
  std::printf("\n%llu open cells\n", static_cast<unsigned long long>(all.open_cells()));
}

void PrintAudit(const pb::Audit& audit) {
  std::printf("%s", TableOf(RowsOf(audit.partitions()),
                            {"topic", "partition", "offset", "records", "events", "dead_letter",
                             "partly_dead", "tombstones", "lost"})
                        .c_str());
  std::printf("\n%s", TableOf(RowsOf(audit.results()), {"query", "aggregated", "received",
                                                        "settled", "open", "in_flight", "rows"})
                          .c_str());
  for (const std::string& finding : audit.findings()) {
    std::printf("does not balance: %s\n", finding.c_str());
  }
  std::printf("%s\n", audit.balanced() ? "balanced" : "NOT BALANCED");
}

}  // namespace

int ListQueries(const AdminOptions& options) {
  const std::string command = "query list";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  pb::ListPipelinesResponse all;
  const Status listed = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List, all);
  if (!listed.ok()) return FailWith(command, listed);
  std::vector<pb::Query> queries;
  for (const pb::Pipeline& pipeline : all.pipelines()) {
    if (!options.name.empty() && pipeline.name() != options.name) continue;
    for (pb::Query query : pipeline.queries()) {
      query.set_name(StrCat(pipeline.name(), "/", query.name()));
      queries.push_back(std::move(query));
    }
  }
  PrintList(options.output, RowsOf(queries), {"name", "window", "allowed_lateness", "topics"});
  return kExitDone;
}

int ShowSchema(const AdminOptions& options) {
  const std::string command = "query schema";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  const QueryName name = Split(options.name);
  pb::GetQuerySchemaRequest request;
  request.set_pipeline(name.pipeline);
  request.set_query(name.query);
  const auto schema = (*client)->Schema(request);
  if (!schema.ok()) return FailWith(command, schema.status());
  PrintList(options.output, RowsOf(schema->columns()), {"name", "type", "from", "error"});
  return kExitDone;
}

int ListWorkers(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("worker list", client.status());
  pb::ListWorkersResponse all;
  const Status listed =
      CollectPages(**client, pb::ListWorkersRequest(), &AdminClient::Workers, all);
  if (!listed.ok()) return FailWith("worker list", listed);
  PrintList(options.output, RowsOf(all.workers()),
            {"id", "state", "tasks_running", "tasks", "address", "incarnation"});
  return kExitDone;
}

int ListTasks(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("task list", client.status());
  pb::ListTasksRequest request;
  request.set_pipeline(options.name);
  pb::ListTasksResponse all;
  const Status listed = CollectPages(**client, request, &AdminClient::Tasks, all);
  if (!listed.ok()) return FailWith("task list", listed);
  PrintList(options.output, RowsOf(all.tasks()), {"name", "state", "worker", "epoch", "reason"});
  return kExitDone;
}

int ListWindows(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("window list", client.status());
  const QueryName name = Split(options.name);
  pb::ListWindowsRequest request;
  request.set_pipeline(name.pipeline);
  request.set_query(name.query);
  pb::ListWindowsResponse all;
  const Status listed = CollectPages(**client, request, &AdminClient::Windows, all);
  if (!listed.ok()) return FailWith("window list", listed);
  if (options.output == AdminOutput::kTable) {
    PrintWindows(all);
  } else {
    std::printf("%s\n", ToJson(all).c_str());
  }
  return kExitDone;
}

int AuditPipeline(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("audit", client.status());
  pb::AuditPipelineRequest request;
  request.set_name(options.name);
  const auto audit = (*client)->Audit(request);
  if (!audit.ok()) return FailWith("audit", audit.status());
  if (options.output == AdminOutput::kTable) {
    PrintAudit(*audit);
  } else {
    std::printf("%s\n", ToJson(*audit).c_str());
  }
  return audit->balanced() ? kExitDone : kExitNo;
}

int ShowHealth(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("health", client.status());
  pb::ListWorkersResponse workers;
  Status status = CollectPages(**client, pb::ListWorkersRequest(), &AdminClient::Workers, workers);
  pb::ListPipelinesResponse pipelines;
  if (status.ok()) {
    status = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List, pipelines);
  }
  if (!status.ok()) return FailWith("health", status);
  bool well = true;
  std::string unwell;
  for (const pb::Pipeline& pipeline : pipelines.pipelines()) {
    const bool right = pipeline.state() == pb::PIPELINE_STATE_RUNNING ||
                       pipeline.state() == pb::PIPELINE_STATE_PAUSED ||
                       pipeline.state() == pb::PIPELINE_STATE_DELETING;
    if (right) continue;
    well = false;
    unwell += StrCat("  ", pipeline.name(), ": ", pipeline.tasks_running(), " of ",
                     pipeline.tasks(), " tasks run",
                     pipeline.reason().empty() ? "" : StrCat("; ", pipeline.reason()), "\n");
  }
  if (options.output == AdminOutput::kTable) {
    std::printf("%s: a coordinator leads, %d workers, %d pipelines\n%s",
                well ? "healthy" : "NOT HEALTHY", workers.workers_size(),
                pipelines.pipelines_size(), unwell.c_str());
  } else {
    std::printf("{\"healthy\":%s,\"workers\":%d,\"pipelines\":%d}\n", well ? "true" : "false",
                workers.workers_size(), pipelines.pipelines_size());
  }
  return well ? kExitDone : kExitNo;
}

}  // namespace tidemark
