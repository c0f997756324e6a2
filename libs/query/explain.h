// A plan as people read it: `tidemark pipeline plan`, `describe` and `query schema`.
#pragma once

#include <string>

#include "query/plan.h"

namespace tidemark {

// Source, time, each query's windows, slices, late tags, keys and states, the topics that apply
// will create, and the warnings. Ends with a newline.
std::string ExplainPlan(const PipelinePlan& plan);

// The columns of a query's result rows, in order, with their types, where they come from and the
// stated error of the approximate ones. Ends with a newline.
std::string OutputSchema(const QueryPlan& query);

}  // namespace tidemark
