#include "cli/demo_pipeline.h"

#include <random>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "cli/demo_feed.h"
#include "cli/voice_pipeline.h"
#include "query/planner.h"
#include "yaml/expanded_text.h"

namespace tidemark {
namespace {

constexpr const char* kFile = "voice.yaml";

void Replace(std::string& text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  TM_CHECK(at != std::string::npos, "voice.yaml says what the demo changes in it");
  text.replace(at, what.size(), with);
}

}  // namespace

std::string DemoPipeline::Topic(std::string_view base) const {
  return id.empty() ? std::string(base) : StrCat(id, ".", base);
}

std::string DemoPipeline::Base(std::string_view topic) const {
  return std::string(id.empty() ? topic : topic.substr(id.size() + 1));
}

std::set<std::string> DemoPipeline::OutputTopics(const PipelineNames& names) const {
  std::set<std::string> topics = {names.LateTopic(), names.DeadLetterTopic()};
  for (const QueryPlan& query : plan->queries) {
    for (const SinkPlan& sink : query.sinks) topics.insert(sink.topic);
  }
  return topics;
}

Result<DemoPipeline> MakeDemoPipeline(std::string id) {
  DemoPipeline pipeline{.id = std::move(id), .text = {}, .plan = nullptr};
  TM_ASSIGN_OR_RETURN(pipeline.text, ExpandText(kFile, kVoicePipeline, {}));
  Replace(pipeline.text, "idle_after: 60s", "idle_after: 2s");
  if (!pipeline.id.empty()) {
    Replace(pipeline.text, "pipeline: voice", StrCat("pipeline: ", pipeline.id));
    Replace(pipeline.text, StrCat("topics: [", DemoFeed::kTopic, "]"),
            StrCat("topics: [", pipeline.Topic(DemoFeed::kTopic), "]"));
    for (const char* sink : {"asr-1m", "carrier-health", "account-minutes"}) {
      Replace(pipeline.text, StrCat("topic: ", sink), StrCat("topic: ", pipeline.Topic(sink)));
    }
  }
  const PlanResult planned = PlanPipeline({.file = kFile, .text = pipeline.text});
  if (!planned.ok()) return Status::Internal(RenderDiagnostics(planned.diagnostics, pipeline.text));
  pipeline.plan = planned.plan;
  return pipeline;
}

std::string NewDemoId() {
  static constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device device;
  std::string id = "demo-";
  for (int i = 0; i < 6; ++i) id += kLetters[device() % kLetters.size()];
  return id;
}

}  // namespace tidemark
