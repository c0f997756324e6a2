// What applying a pipeline file would do: verdict, topics, cost. Reads the log service, changes
// nothing.
#pragma once

#include <memory>
#include <string>

#include "control/admin_answers.h"
#include "log/log.h"

namespace tidemark {

struct PlanSurroundings {
  Log* log = nullptr;
  const Clock* clock = nullptr;
  std::shared_ptr<const ClusterView> view;  // immutable
};

// Names the plan of a text against the present state of its pipeline.
std::string PlanIdOf(const ClusterView& view, const PipelinePlan& plan, const std::string& text);

// Errors: UNAVAILABLE when the log service does not answer.
Result<admin::v1::PlanPipelineResponse> DescribePlan(const PlanSurroundings& surroundings,
                                                     const PipelinePlan& plan,
                                                     const std::string& text);

}  // namespace tidemark
