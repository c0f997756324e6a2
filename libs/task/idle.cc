#include "task/idle.h"

#include <algorithm>

namespace tidemark {

bool AllIdle(std::span<const SourceTime> sources) {
  return std::all_of(sources.begin(), sources.end(),
                     [](const SourceTime& source) { return source.idle; });
}

std::optional<Watermark> ActiveMinimum(std::span<const SourceTime> sources) {
  std::optional<Watermark> minimum;
  for (const SourceTime& source : sources) {
    if (source.idle) continue;
    if (!source.watermark) return std::nullopt;
    minimum = minimum ? std::min(*minimum, *source.watermark) : *source.watermark;
  }
  return minimum;
}

std::optional<Watermark> AllClosed(const PipelinePlan& plan, std::span<const SourceTime> sources) {
  std::optional<EventTime> largest;
  for (const SourceTime& source : sources) largest = std::max(largest, source.largest);
  if (!largest) return std::nullopt;
  std::optional<Watermark> closed;
  for (const QueryPlan& query : plan.queries) {
    const WindowMath math(query.window, query.allowed_lateness);
    closed = std::max(
        closed, std::optional(Watermark(math.LastWindowEnd(largest->value()) + math.lateness)));
  }
  return closed;
}

}  // namespace tidemark
