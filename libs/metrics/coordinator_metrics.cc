#include "metrics/coordinator_metrics.h"

#include <array>

namespace tidemark {
namespace {

// Those that are there from the start; others join them when they come about.
constexpr std::array kWorkerStates = {"SERVING", "DRAINING", "CUT_OFF"};
constexpr std::array kPipelineStates = {"STARTING", "RUNNING",  "PAUSING",
                                        "PAUSED",   "DELETING", "HALTED"};

double Flag(bool set) { return set ? 1 : 0; }

void AddPipeline(const PipelineFacts& facts, MetricsPage& page) {
  for (const char* state : kPipelineStates)
    page.Add(Metric::kPipelineState, {facts.name, state}, 0);
  page.Add(Metric::kPipelineState, {facts.name, facts.state}, 1);
  page.Add(Metric::kPipelineTasks, {facts.name}, facts.tasks);
  page.Add(Metric::kPipelineTasksRunning, {facts.name}, facts.tasks_running);
  if (facts.balanced) page.Add(Metric::kPipelineBalanced, {facts.name}, Flag(*facts.balanced));
}

}  // namespace

void AddCoordinator(const CoordinatorFacts& facts, MetricsPage& page) {
  page.Add(Metric::kCoordinatorLeads, {}, Flag(facts.leads));
  for (const auto& [reason, count] : facts.task_moves) {
    page.Add(Metric::kTaskMoves, {reason}, static_cast<double>(count));
  }
  if (!facts.leads) return;
  for (const char* state : kWorkerStates) page.Add(Metric::kWorkers, {state}, 0);
  for (const auto& [state, count] : facts.workers) {
    page.Add(Metric::kWorkers, {state}, static_cast<double>(count));
  }
  for (const PipelineFacts& pipeline : facts.pipelines) AddPipeline(pipeline, page);
}

}  // namespace tidemark
