// The tables of everything this library offers. A new aggregate is one line here: docs, checks and
// the tests of the laws follow from it.
#include <algorithm>
#include <array>

#include "aggregate/functions.h"

namespace tidemark {
namespace {

constexpr std::array kAggregates = {
    AggregateFunction{
        {.name = "avg",
         .arguments = "x number",
         .result = "decimal",
         .description = "The mean of the values that are not NULL: sum(x) / count(x).",
         .example = "avg(summary.pdd_ms)"},
        BindAvg},
    AggregateFunction{{.name = "count",
                       .arguments = "* | x any",
                       .result = "integer",
                       .description = "The number of rows, or of rows in which x is not NULL.",
                       .example = "count(*)"},
                      BindCount},
    AggregateFunction{
        {.name = "sum",
         .arguments = "x number [, digits integer]",
         .result = "integer | decimal",
         .description = "The sum of the values that are not NULL, NULL if there is none.",
         .example = "sum(summary.connect_duration_ms)"},
        BindSum},
};

constexpr std::array<const StateFunction*, 3> kStateFunctions = {&kCountState, &kSumState,
                                                                 &kSumDecimalState};

}  // namespace

std::span<const AggregateFunction> Aggregates() { return kAggregates; }
std::span<const StateFunction* const> StateFunctions() { return kStateFunctions; }

const AggregateFunction* FindAggregate(std::string_view name) {
  const auto* found = std::find_if(
      kAggregates.begin(), kAggregates.end(),
      [name](const AggregateFunction& aggregate) { return aggregate.info.name == name; });
  return found == kAggregates.end() ? nullptr : found;
}

const StateFunction* FindStateFunction(std::string_view name, std::uint16_t version) {
  for (const StateFunction* function : kStateFunctions) {
    if (function->name == name && function->version == version) return function;
  }
  return nullptr;
}

}  // namespace tidemark
