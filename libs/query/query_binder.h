// One query: its SQL bound to the source's fields and the registry of aggregates.
#pragma once

#include <optional>

#include "query/conditions.h"
#include "query/pipeline_file.h"
#include "query/plan.h"

namespace tidemark {

// Everything but instance and sinks. nullopt after reporting; `fields` may then hold fields that
// nobody reads. `fields` is nullptr if the source itself could not be resolved: then only the
// grammar is checked.
std::optional<QueryPlan> BindQuery(const QuerySection& query, std::string_view source_name,
                                   FieldSet* fields, DiagnosticSink& sink);

}  // namespace tidemark
