#include "metrics/coordinator_metrics.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

std::string TextOf(const CoordinatorFacts& facts) {
  MetricsPage page;
  AddCoordinator(facts, page);
  return page.Text();
}

CoordinatorFacts Leading() {
  CoordinatorFacts facts{.leads = true};
  facts.task_moves = {{"lost", 3}, {"failed", 0}};
  facts.workers = {{"SERVING", 2}};
  facts.pipelines = {{.name = "voice", .state = "HALTED", .tasks = 12, .tasks_running = 5}};
  return facts;
}

bool Has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST_CASE("a leader tells every state of workers and pipelines, those that nobody has with 0") {
  const std::string text = TextOf(Leading());
  INFO(text);
  CHECK(Has(text, "tidemark_coordinator_leads 1"));
  CHECK(Has(text, "tidemark_workers{state=\"SERVING\"} 2"));
  CHECK(Has(text, "tidemark_workers{state=\"DRAINING\"} 0"));
  CHECK(Has(text, "tidemark_workers{state=\"CUT_OFF\"} 0"));
  CHECK(Has(text, "tidemark_pipeline_state{pipeline=\"voice\",state=\"HALTED\"} 1"));
  CHECK(Has(text, "tidemark_pipeline_state{pipeline=\"voice\",state=\"RUNNING\"} 0"));
  CHECK(Has(text, "tidemark_pipeline_tasks{pipeline=\"voice\"} 12"));
  CHECK(Has(text, "tidemark_pipeline_tasks_running{pipeline=\"voice\"} 5"));
  CHECK(Has(text, "tidemark_task_moves_total{reason=\"lost\"} 3"));
  CHECK(Has(text, "tidemark_task_moves_total{reason=\"failed\"} 0"));
}

TEST_CASE("a ledger that was not audited is neither balanced nor unbalanced") {
  CoordinatorFacts facts = Leading();
  CHECK(TextOf(facts).find("tidemark_pipeline_balanced") == std::string::npos);
  facts.pipelines[0].balanced = false;
  CHECK(Has(TextOf(facts), "tidemark_pipeline_balanced{pipeline=\"voice\"} 0"));
  facts.pipelines[0].balanced = true;
  CHECK(Has(TextOf(facts), "tidemark_pipeline_balanced{pipeline=\"voice\"} 1"));
}

TEST_CASE("a spare tells that it does not lead, and of nothing that it cannot know") {
  CoordinatorFacts facts = Leading();
  facts.leads = false;
  const std::string text = TextOf(facts);
  CHECK(Has(text, "tidemark_coordinator_leads 0"));
  CHECK(Has(text, "tidemark_task_moves_total{reason=\"lost\"} 3"));
  CHECK(text.find("tidemark_workers") == std::string::npos);
  CHECK(text.find("tidemark_pipeline") == std::string::npos);
}

}  // namespace
}  // namespace tidemark
