// A source task: reads one lane's partitions and turns records into frames, one short transaction
// per commit.
//
// Path of a record: fetch -> decode (record/) -> Judge (time, lateness) -> expressions and keys ->
// Assign (slice, tag)
// -> Table (pre-aggregation) -> Burst (frames, late and dead-letter records, progress, in one
// transaction). The task holds no state between commits but each partition's W and M, position and
// counters, all in its progress.
//
// Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "model/ids.h"
#include "shuffle/progress.h"
#include "task/task.h"
#include "task/task_meter.h"

namespace tidemark {

struct SourceTaskOptions {
  // A commit is made this long after the one before it. Unit ms, 200 to 2,000 in production; adapts
  // upwards when a commit takes more than 30 % of it, or when the pipeline's lanes would write more
  // frames a second together than the budget.
  Duration commit_interval{200};
  std::uint32_t frame_budget = 1'000;
  // A commit is made earlier when the table holds this many bytes.
  std::size_t table_bytes = 64U << 20U;
  FetchLimits fetch;
  // Reading stops while some shuffle partition is this far beyond its committed frame.
  std::uint64_t max_shuffle_backlog_frames = 1'000;
  // A partition whose W is this far above the lane's lowest is not read. Timing only. 0 = 2 * the
  // largest window, at least 10 minutes.
  Duration max_drift{0};
  // What a position outside the log does: halt, or skip to the log start with a SKIP section.
  enum class DataLoss : std::uint8_t { kHalt, kSkip } data_loss = DataLoss::kHalt;
  // For each transactional call; a commit that takes longer goes on in the next step.
  Duration call_timeout{50};
  Duration group_commit_interval{10'000};  // consumer group offsets, for lag tools only
};

struct SourceTaskStatus {
  struct Source {
    SourceOrdinal ordinal;
    SourceState state = SourceState::kNeverReported;
    Offset position;
    Offset high_watermark;  // as last seen
    std::optional<Watermark> watermark;
    std::int64_t wall_ms_since_record = 0;
    SourceCounters counters;  // committed, since the pipeline began
  };
  std::vector<Source> sources;
  std::uint64_t events = 0;  // accepted since the task began, over all partitions
  std::uint64_t commits = 0;
  std::uint64_t table_bytes = 0;
  std::optional<ShufflePartition> backpressured_by;
};

class SourceTask {
 public:
  // `log`, `board`, `producer` and `meter` outlive the task; `producer` is initialised and claimed
  // for `progress.epoch`.
  struct Parts {
    Log* log = nullptr;
    Producer* producer = nullptr;
    const ProgressBoard* board = nullptr;
    std::shared_ptr<const TaskContext> context;
    TaskMeter* meter = nullptr;  // of the events that are committed; nullptr: nobody asks
  };
  SourceTask(Parts parts, Lane lane, LaneProgress progress, SourceTaskOptions options);
  ~SourceTask();

  StepResult Step(MonotonicTime now);
  // Stops reading; once Drained() everything read is committed. For a clean shutdown or a move.
  void Drain();
  bool Drained() const;

  // As of the last commit.
  const LaneProgress& committed() const;
  SourceTaskStatus Status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
