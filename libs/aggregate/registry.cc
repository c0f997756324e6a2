// The tables of everything this library offers. A new aggregate is one line here: docs, checks and
// the tests of the laws follow from it.
#include <algorithm>
#include <array>

#include "aggregate/functions.h"

namespace tidemark {
namespace {

constexpr std::array kAggregates = {
    AggregateFunction{
        {.name = "aloc",
         .arguments = "ms number",
         .result = "decimal",
         .description = "The average length of connected calls in seconds: the sum of ms, divided "
                        "by the rows with ms above zero, divided by 1000.",
         .example = "aloc(summary.connect_duration_ms)"},
        BindAloc},
    AggregateFunction{{.name = "asr",
                       .arguments = "state enum",
                       .result = "decimal",
                       .description = "The answer-seizure ratio: 100 times the rows that are "
                                      "COMPLETED, divided by the rows with a state.",
                       .example = "asr(summary.state)"},
                      BindAsr},
    AggregateFunction{
        {.name = "avg",
         .arguments = "x number",
         .result = "decimal",
         .description =
             "The mean of the values that are not NULL: their sum divided by their number.",
         .example = "avg(summary.pdd_ms)"},
        BindAvg},
    AggregateFunction{{.name = "count",
                       .arguments = "* | x any",
                       .result = "integer",
                       .description = "The number of rows, or of rows in which x is not NULL.",
                       .example = "count(*)"},
                      BindCount},
    AggregateFunction{
        {.name = "counts",
         .arguments = "x enum, string, boolean, integer, or an array of them",
         .result = "object",
         .description = "How often each value occurs, as an object from value to count. Of more "
                        "than 256 distinct values the 256 smallest are listed and the rest is "
                        "__other__, as are texts longer than 256 bytes.",
         .example = "counts(summary.tags)"},
        BindCounts},
    AggregateFunction{
        {.name = "max",
         .arguments = "x number, string, bytes or timestamp",
         .result = "the type of x",
         .description = "The largest value that is not NULL; text is ordered by its bytes.",
         .example = "max(summary.pdd_ms)"},
        BindMax},
    AggregateFunction{
        {.name = "min",
         .arguments = "x number, string, bytes or timestamp",
         .result = "the type of x",
         .description = "The least value that is not NULL; text is ordered by its bytes.",
         .example = "min(summary.pdd_ms)"},
        BindMin},
    AggregateFunction{
        {.name = "percent",
         .arguments = "condition boolean",
         .result = "decimal",
         .description =
             "How often the condition is true, from 0 to 100, of the rows in which it is not NULL.",
         .example = "percent(summary.state = 'BUSY')"},
        BindPercent},
    AggregateFunction{
        {.name = "percentile",
         .arguments = "x number, p decimal from 0 to 1",
         .result = "decimal",
         .description = "The value of nearest rank ceil(p * n) of the values that are not NULL; p "
                        "= 0 is the minimum. Negative values are NULL.",
         .example = "percentile(summary.pdd_ms, 0.95)",
         .accuracy = Accuracy::kBounded,
         .error = "at most 1.09 % of the value while the largest is at most 2^10 times the least "
                  "above zero, 2.2 % up to 2^20 times; zero is exact"},
        BindPercentile},
    AggregateFunction{{.name = "ratio",
                       .arguments = "a number, b number",
                       .result = "decimal",
                       .description = "The sum of a divided by the sum of b; NULL if that is zero.",
                       .example = "ratio(summary.packets_lost, summary.packets_received)"},
                      BindRatio},
    AggregateFunction{{.name = "sum",
                       .arguments = "x number [, digits integer]",
                       .result = "integer | decimal",
                       .description = "The sum of the values that are not NULL. Doubles are first "
                                      "rounded half even to 6 digits, or to as many as said.",
                       .example = "sum(summary.connect_duration_ms)"},
                      BindSum},
};

constexpr std::array<const StateFunction*, 18> kStateFunctions = {
    &kAlocState,       &kAsrState,       &kCountState,      &kCountsIntegerState,
    &kCountsTextState, &kHistogramState, &kMaxIntegerState, &kMaxDecimalState,
    &kMaxDoubleState,  &kMaxTextState,   &kMinIntegerState, &kMinDecimalState,
    &kMinDoubleState,  &kMinTextState,   &kPercentState,    &kRatioState,
    &kSumState,        &kSumDecimalState};

constexpr std::array<std::string_view, 12> kNotYet = {
    "approx_count_distinct", "bool_and", "bool_or", "histogram", "max_by",  "min_by", "ner",
    "percentiles",           "seer",     "stddev",  "top_k",     "variance"};

}  // namespace

std::span<const AggregateFunction> Aggregates() { return kAggregates; }
std::span<const StateFunction* const> StateFunctions() { return kStateFunctions; }

std::span<const std::string_view> NotYetAggregates() { return kNotYet; }

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
