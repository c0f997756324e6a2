// One source partition of a lane: where it was committed, and how far it has been read since.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "log/log.h"
#include "shuffle/frame.h"
#include "shuffle/progress.h"
#include "task/judge.h"
#include "task/task.h"

namespace tidemark {

struct SourcePartition {
  TopicPartition where;
  SourceProgress committed;
  // As read since:
  Offset position;
  Judge judge;
  SourceCounters counters;
  std::optional<std::uint32_t> last_crc;
  Offset last_offset;
  bool idle = false;     // proven for the commit at hand
  bool skipped = false;  // lost offsets lie between the last commit and `position`
  bool held = false;     // too far ahead of the lane
  SourceState state = SourceState::kNeverReported;
  std::optional<PartitionEnds> ends;  // as last seen
  MonotonicTime last_record;          // when it was read; at first, when the task began

  SourcePartition(TopicPartition topic_partition, const Judge::Limits& limits,
                  SourceProgress progress);

  // Whether a commit would say anything new about it.
  bool Moved() const;
  Section NextSection() const;
  SourceProgress NextProgress() const;
  // The commit of NextProgress() succeeded.
  void Commit(const SourceProgress& progress);
};

// Adds zero counters for the queries of `plan` that have none yet; they stay ascending by instance.
void CompleteCounters(const PipelinePlan& plan, SourceCounters& counters);
// REQUIRES: the counters of `instance` are there.
QueryCounters& CountersOf(SourceCounters& counters, InstanceId instance);

}  // namespace tidemark
