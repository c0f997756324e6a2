// The plans of applied pipelines, loaded once each. Thread: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "query/plan.h"
#include "session/session.h"

namespace tidemark {

class PlanCache {
 public:
  static constexpr std::size_t kMost = 256;
  // nullptr: the text does not plan any more (an older program applied it).
  std::shared_ptr<const PipelinePlan> PlanOf(const PipelineDefinition& pipeline);

 private:
  std::mutex mutex_;
  std::map<std::pair<Incarnation, PlanVersion>, std::shared_ptr<const PipelinePlan>> plans_;
};

}  // namespace tidemark
