#include "query/planner.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

constexpr const char* kSimple = R"(version: 1
pipeline: voice
source:
  name: calls
  topics: [call-metrics]
  event_time: event_time_ms
queries:
  - name: calls_by_account
    sql: |
      SELECT account_sid, count(*) AS calls, sum(summary.connect_duration_ms) AS connected_ms
      FROM calls
      WHERE summary IS NOT NULL
      GROUP BY tumble('1m'), account_sid
    sinks: [{topic: calls-1m, revisions: final}]
)";

TEST_CASE("a simple pipeline is planned with every name resolved") {
  const PlanResult result = PlanPipeline({.text = kSimple});
  INFO(RenderDiagnostics(result.diagnostics, kSimple));
  REQUIRE(result.ok());
  const PipelinePlan& plan = *result.plan;
  CHECK(plan.name == "voice");
  CHECK(plan.topics == std::vector<std::string>{"call-metrics"});
  REQUIRE(plan.queries.size() == 1);
  const QueryPlan& query = plan.queries[0];
  CHECK(query.instance == InstanceId(1));
  CHECK(query.window.ToString() == "tumble('1m')");
  REQUIRE(query.states.size() == 2);
  CHECK(query.states[0].state.function->name == "count");
  REQUIRE(query.outputs.size() == 3);
  CHECK(query.outputs[1].name == "calls");
  CHECK(query.outputs[1].index == 0);
  CHECK(query.outputs[2].index == 1);
  REQUIRE(query.group.size() == 1);
  CHECK(plan.decode.fields[query.group[0].column].name == "account_sid");
  CHECK(query.sinks[0].revisions == SinkPlan::Revisions::kFinal);
}

}  // namespace
}  // namespace tidemark
