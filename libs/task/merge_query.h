// One query as a merge task sees it: its windows, its triggers and the layout of its cells.
//
// A window that ends at e has triggers at e (ON_TIME) and e + A (FINAL); with A = 0 only FINAL, at
// e (protocol 1.7). The trigger at T takes exactly the partials of the window's slices with tag < T
// (protocol 1.8). Immutable; thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "query/plan.h"
#include "shuffle/frame.h"
#include "task/cell_layout.h"
#include "window/window.h"

namespace tidemark {

class MergeQuery {
 public:
  // `plan` outlives it. Windows that begin before `start` are withheld.
  MergeQuery(const QueryPlan& plan, std::optional<EventTime> start);

  const QueryPlan& plan() const { return *plan_; }
  const WindowMath& time() const { return time_; }
  const CellLayout& layout() const { return layout_; }

  // Ends of the first and the last window that hold the slice.
  std::int64_t FirstWindowEnd(std::int64_t slice_end) const {
    return time_.FirstWindowEnd(slice_end - 1);
  }
  std::int64_t LastWindowEnd(std::int64_t slice_end) const {
    return time_.LastWindowEnd(slice_end - 1);
  }
  // When the last trigger that takes something of the slice fires.
  std::int64_t LastTrigger(std::int64_t slice_end) const {
    return LastWindowEnd(slice_end) + time_.lateness;
  }
  bool Withheld(std::int64_t window_end) const {
    return start_ && window_end - time_.size < start_->value();
  }

  // Why partials of this slice and tag cannot be: off the slices' grid, or of a trigger that has
  // fired at `combined` (protocol 1.12), or beyond the last trigger, where nothing would publish
  // them. nullopt: they can.
  std::optional<std::string> Objection(const BlockHeader& block,
                                       std::optional<Watermark> combined) const;

 private:
  std::int64_t FirstTriggerAfter(std::int64_t slice_end, std::int64_t tag) const;

  const QueryPlan* plan_;
  WindowMath time_;
  CellLayout layout_;
  std::optional<EventTime> start_;
};

using MergeQueries = std::map<InstanceId, MergeQuery>;
MergeQueries MergeQueriesOf(const PipelinePlan& plan, std::optional<EventTime> start);

}  // namespace tidemark
