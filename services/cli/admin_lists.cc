// tidemark query list|schema, worker list, task list, window list, audit, health.
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "cli/admin_commands.h"
#include "cli/exit_code.h"
#include "control/collect_pages.h"

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
  const auto all = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List);
  if (!all.ok()) return FailWith(command, all.status());
  std::vector<pb::Query> queries;
  for (const pb::Pipeline& pipeline : all->pipelines()) {
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
  const auto all = CollectPages(**client, pb::ListWorkersRequest(), &AdminClient::Workers);
  if (!all.ok()) return FailWith("worker list", all.status());
  PrintList(options.output, RowsOf(all->workers()),
            {"id", "state", "tasks_running", "tasks", "address", "incarnation"});
  return kExitDone;
}

int ListTasks(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("task list", client.status());
  pb::ListTasksRequest request;
  request.set_pipeline(options.name);
  const auto all = CollectPages(**client, request, &AdminClient::Tasks);
  if (!all.ok()) return FailWith("task list", all.status());
  PrintList(options.output, RowsOf(all->tasks()), {"name", "state", "worker", "epoch", "reason"});
  return kExitDone;
}

int ListWindows(const AdminOptions& options) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith("window list", client.status());
  const QueryName name = Split(options.name);
  pb::ListWindowsRequest request;
  request.set_pipeline(name.pipeline);
  request.set_query(name.query);
  const auto all = CollectPages(**client, request, &AdminClient::Windows);
  if (!all.ok()) return FailWith("window list", all.status());
  if (options.output == AdminOutput::kTable) {
    PrintWindows(*all);
  } else {
    std::printf("%s\n", ToJson(*all).c_str());
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
  const auto workers = CollectPages(**client, pb::ListWorkersRequest(), &AdminClient::Workers);
  if (!workers.ok()) return FailWith("health", workers.status());
  const auto pipelines = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List);
  if (!pipelines.ok()) return FailWith("health", pipelines.status());
  bool well = true;
  std::string unwell;
  for (const pb::Pipeline& pipeline : pipelines->pipelines()) {
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
                well ? "healthy" : "NOT HEALTHY", workers->workers_size(),
                pipelines->pipelines_size(), unwell.c_str());
  } else {
    std::printf("{\"healthy\":%s,\"workers\":%d,\"pipelines\":%d}\n", well ? "true" : "false",
                workers->workers_size(), pipelines->pipelines_size());
  }
  return well ? kExitDone : kExitNo;
}

}  // namespace tidemark
