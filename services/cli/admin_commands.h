// The commands that ask a cluster. Each takes its options, prints, and returns an exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/admin_access.h"
#include "cli/admin_output.h"

namespace CLI {
class App;
}

namespace tidemark {

struct AdminOptions {
  AdminAccess access;
  AdminOutput output = AdminOutput::kTable;
  std::string name;  // PIPELINE, or PIPELINE/QUERY
  std::string file;  // of apply and plan
  std::string plan_id;
  std::string etag;
  bool wait = false;
  std::uint32_t timeout_s = 120;  // of --wait
  bool reuse_topics = false;
  bool exit_code = false;  // of plan: 3 if something would change
  bool from_beginning = false;
  std::uint64_t count = 0;  // of tail: stop after that many rows; 0: never
};

int ApplyPipelineFile(const AdminOptions& options);
int PlanPipelineFile(const AdminOptions& options);
int ListPipelines(const AdminOptions& options);
int DescribePipeline(const AdminOptions& options);
int PausePipeline(const AdminOptions& options);
int ResumePipeline(const AdminOptions& options);
int DeletePipeline(const AdminOptions& options);

int ListQueries(const AdminOptions& options);
int ShowSchema(const AdminOptions& options);
int ListWorkers(const AdminOptions& options);
int ListTasks(const AdminOptions& options);
int ListWindows(const AdminOptions& options);
int AuditPipeline(const AdminOptions& options);
int ShowHealth(const AdminOptions& options);
int TailRows(const AdminOptions& options);

// Adds the verbs to the command line; `action` becomes the one that was typed. `options` outlives
// the parse.
void AddAdminCommands(CLI::App& app, AdminOptions& options, std::function<int()>& action);

}  // namespace tidemark
