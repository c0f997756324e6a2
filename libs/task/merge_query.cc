#include "task/merge_query.h"

#include <algorithm>

#include "base/text.h"

namespace tidemark {

MergeQuery::MergeQuery(const QueryPlan& plan, std::optional<EventTime> start)
    : plan_(&plan), time_(plan.window, plan.allowed_lateness), layout_(plan), start_(start) {}

// The smallest e or e + A greater than `tag`, over the windows that hold the slice. REQUIRES: there
// is one.
std::int64_t MergeQuery::FirstTriggerAfter(std::int64_t slice_end, std::int64_t tag) const {
  const std::int64_t first = FirstWindowEnd(slice_end);
  const std::int64_t last = LastWindowEnd(slice_end);
  const auto first_end_after = [&](std::int64_t bound) {
    return std::max(first, AlignDown(bound, time_.slide, first) + time_.slide);
  };
  const std::int64_t on_time = first_end_after(tag);
  const std::int64_t final = first_end_after(tag - time_.lateness) + time_.lateness;
  return on_time <= last ? std::min(on_time, final) : final;
}

std::optional<std::string> MergeQuery::Objection(const BlockHeader& block,
                                                 std::optional<Watermark> combined) const {
  const std::string what = StrCat("partials of query ", plan_->name, ", slice ",
                                  FormatTime(block.slice_end), ", tag ", block.tag);
  if (AlignDown(block.slice_end, time_.width, time_.offset) != block.slice_end) {
    return StrCat(what, " lie on no slice of ", plan_->window.ToString());
  }
  if (block.tag >= LastTrigger(block.slice_end))
    return StrCat(what, " come after its last trigger");
  const std::int64_t trigger = FirstTriggerAfter(block.slice_end, block.tag);
  if (combined && trigger <= combined->value()) {
    return StrCat(what, " belong to the trigger at ", FormatTime(trigger), ", which has fired at ",
                  FormatTime(combined->value()));
  }
  return std::nullopt;
}

MergeQueries MergeQueriesOf(const PipelinePlan& plan, std::optional<EventTime> start) {
  MergeQueries queries;
  for (const QueryPlan& query : plan.queries) {
    queries.emplace(query.instance, MergeQuery(query, start));
  }
  return queries;
}

}  // namespace tidemark
