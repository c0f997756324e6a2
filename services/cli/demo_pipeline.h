// The pipeline of the demo: config/pipelines/voice.yaml with partitions that are idle sooner, since
// wall time is sixty times dearer; on brokers that others use, too, under names of its own.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/ids.h"
#include "query/plan.h"

namespace tidemark {

struct DemoPipeline {
  std::string
      id;  // "demo-k3x9w2": cluster, pipeline and prefix of all topics; "": those of voice.yaml
  std::string text;  // as it is applied
  std::shared_ptr<const PipelinePlan> plan;

  // "asr-1m" as it is called here, "demo-k3x9w2.asr-1m", and back.
  std::string Topic(std::string_view base) const;
  std::string Base(std::string_view topic) const;
  // Where its rows, late records and dead letters come out.
  std::set<std::string> OutputTopics(const PipelineNames& names) const;
};

// INTERNAL only.
Result<DemoPipeline> MakeDemoPipeline(std::string id);

// A name that no other run has: "demo-" and six of [0-9a-z].
std::string NewDemoId();

}  // namespace tidemark
