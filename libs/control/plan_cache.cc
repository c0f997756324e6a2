#include "control/plan_cache.h"

#include "query/planner.h"

namespace tidemark {

std::shared_ptr<const PipelinePlan> PlanCache::PlanOf(const PipelineDefinition& pipeline) {
  const std::lock_guard lock(mutex_);
  const std::pair key{pipeline.incarnation, pipeline.version};
  if (const auto found = plans_.find(key); found != plans_.end()) return found->second;
  if (plans_.size() >= kMost) plans_.clear();
  return plans_[key] =
             PlanPipeline({.text = pipeline.text, .descriptor_set = pipeline.descriptor_set}).plan;
}

}  // namespace tidemark
