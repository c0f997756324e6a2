// Where event time stands, which windows are open, and why a query says nothing. Pure.
#pragma once

#include <string>

#include "control/admin_answers.h"

namespace tidemark {

// Each source partition's watermark and state; the windows that hold time which some partition has
// reached and that are not final yet. NOT_FOUND for an unknown query, INVALID_ARGUMENT for a page
// that cannot be.
Result<admin::v1::ListWindowsResponse> ListWindows(const ClusterView& view,
                                                   const PipelineDefinition& pipeline,
                                                   const PipelinePlan& plan,
                                                   const admin::v1::ListWindowsRequest& request);

// One sentence: why no row of the query has come, and what would bring one.
std::string WhyNoRow(const ClusterView& view, const PipelineDefinition& pipeline,
                     const PipelinePlan& plan, const QueryPlan& query);

}  // namespace tidemark
