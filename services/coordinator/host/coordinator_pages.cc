#include "host/coordinator_pages.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "base/version.h"
#include "control/admin_answers.h"
#include "control/short_name.h"
#include "metrics/coordinator_metrics.h"
#include "metrics/task_metrics.h"

namespace tidemark {
namespace {

constexpr Duration kInterval{1'000};

PipelineFacts FactsOf(const ClusterView& view, const PipelineDefinition& definition,
                      const std::map<std::string, bool>& balanced) {
  const auto pipeline = DescribePipeline(view, definition, nullptr, Detail::kList);
  PipelineFacts facts{.name = pipeline.name(),
                      .state = ShortName(pipeline.state()),
                      .tasks = pipeline.tasks(),
                      .tasks_running = pipeline.tasks_running()};
  if (const auto found = balanced.find(facts.name); found != balanced.end()) {
    facts.balanced = found->second;
  }
  return facts;
}

CoordinatorFacts FactsOf(const ClusterView& view, const std::map<std::string, bool>& balanced) {
  CoordinatorFacts facts{.leads = view.standing.leading};
  for (const auto& [reason, count] : view.moves) {
    facts.task_moves[std::string(MoveReasonName(reason))] = count;
  }
  for (const WorkerInfo& worker : view.workers) {
    ++facts.workers[std::string(WorkerPhaseName(worker.phase))];
  }
  for (const auto& [name, definition] : view.state.pipelines) {
    facts.pipelines.push_back(FactsOf(view, *definition, balanced));
  }
  return facts;
}

}  // namespace

Status CoordinatorPages::Start(const std::string& address,
                               std::map<std::string, HttpHandler> more) {
  more.merge(pages_.Handlers());
  TM_ASSIGN_OR_RETURN(server_, HttpServer::Start(address, std::move(more)));
  LogInfo(StrCat("metrics, health and the read-only API on http://", server_->address(),
                 "/metrics, /healthz, /readyz, /api/v1"));
  return {};
}

bool CoordinatorPages::Due(MonotonicTime now) {
  if (next_ && now < *next_) return false;
  next_ = now + kInterval;
  return true;
}

void CoordinatorPages::Publish(const ClusterView& view,
                               const std::map<std::string, bool>& balanced) {
  MetricsPage page;
  AddCoordinator(FactsOf(view, balanced), page);
  AddProcess({.version = kVersion, .resident_bytes = ResidentBytes()}, page);
  const bool ready = view.standing.leading || view.waits;
  pages_.Publish({.metrics = page.Text(), .not_ready = ready ? "" : view.standing.reason});
}

}  // namespace tidemark
