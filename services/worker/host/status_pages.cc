#include "host/status_pages.h"

#include <utility>
#include <vector>

#include "base/log_line.h"
#include "base/text.h"
#include "base/version.h"
#include "metrics/task_metrics.h"

namespace tidemark {
namespace {

constexpr Duration kInterval{1'000};

std::vector<TaskSnapshot> SnapshotsOf(const Worker& worker) {
  std::vector<TaskSnapshot> snapshots;
  auto statuses = worker.Statuses();
  for (TaskReport& report : worker.Reports()) {
    TaskSnapshot snapshot{.context = worker.ContextOf(report.task)};
    if (const auto status = statuses.find(report.task); status != statuses.end())
      snapshot.status = std::move(status->second);
    snapshot.report = std::move(report);
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

std::string WhyNotReady(const Worker& worker) {
  if (worker.phase() != Worker::Phase::kServing) return "it is leaving";
  if (worker.term() == Term{}) return "no coordinator has answered yet";
  return {};
}

}  // namespace

StatusPages::StatusPages(const Clock& clock, const WorkerSettings& settings)
    : pages_(clock),
      memory_bytes_(settings.memory_bytes),
      commit_interval_(settings.commit_interval) {}

Status StatusPages::Start(const std::string& address) {
  TM_ASSIGN_OR_RETURN(server_, HttpServer::Start(address, pages_.Handlers()));
  LogInfo(
      StrCat("metrics and health on http://", server_->address(), "/metrics, /healthz, /readyz"));
  return {};
}

void StatusPages::Step(const Worker& worker, MonotonicTime now) {
  if (next_ && now < *next_) return;
  next_ = now + kInterval;
  MetricsPage page;
  AddTasks(SnapshotsOf(worker), page);
  AddCounts(worker.Counts(), page);
  AddProcess({.version = kVersion,
              .memory_budget_bytes = memory_bytes_,
              .resident_bytes = ResidentBytes(),
              .commit_interval = commit_interval_},
             page);
  pages_.Publish({.metrics = page.Text(), .not_ready = WhyNotReady(worker)});
}

}  // namespace tidemark
