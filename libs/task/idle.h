// Idle time (protocol 1.10): how far the watermark of a partition that is proven idle may go.
//
// No partition ever leaves the minimum. An idle one follows the minimum over those that are not; if
// all are idle, time stands still (hold) or, after a while, goes to where every window that holds
// an event is final (close_after). Any value read from committed progress is good enough: what is
// derived from it is committed in its turn. Pure.
#pragma once

#include <optional>
#include <span>

#include "model/time.h"
#include "query/plan.h"

namespace tidemark {

// A source partition as its owner last committed it, or for those of the own lane, as they are
// about to be.
struct SourceTime {
  std::optional<Watermark> watermark;
  std::optional<EventTime> largest;
  bool idle = false;
};

// True if every source is idle. One whose progress is not known is not.
bool AllIdle(std::span<const SourceTime> sources);
// The minimum over the sources that are not idle: nullopt if there are none, or if one of them has
// no watermark yet.
std::optional<Watermark> ActiveMinimum(std::span<const SourceTime> sources);
// The largest end + A of any window that holds the largest event time of all sources; nullopt if
// none has one.
std::optional<Watermark> AllClosed(const PipelinePlan& plan, std::span<const SourceTime> sources);

}  // namespace tidemark
