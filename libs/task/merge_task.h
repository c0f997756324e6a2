// A merge task: applies the frames of one shuffle partition strictly one by one and publishes
// windows as they close.
//
// Path of a partial: fetch -> FrameLedger (contiguity, watermarks) -> OpenCells (merge) -> Closing
// (what fires next) -> RowWriter (JSON) -> Commit (results, ledger and progress in one
// transaction). After a take-over it first restores (Restore: from the checkpoint's mark if its
// store holds a usable one, else from the replay point) and replays, with output discarded, up to
// the commit point, where the recomputed savepoint must equal the recorded one.
//
// Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "log/log.h"
#include "model/ids.h"
#include "shuffle/progress.h"
#include "state/cell_store.h"
#include "task/task.h"
#include "task/task_meter.h"

namespace tidemark {

struct MergeTaskOptions {
  Duration commit_interval{2'000};  // without output
  // One transaction of a closing takes at most this much (protocol 3.4).
  std::size_t close_records = 10'000;
  std::size_t close_bytes = 4U << 20U;
  Duration close_time{500};
  Duration checkpoint_interval{10'000};
  std::size_t checkpoint_chunk_cells = 5'000;
  // The task's share of the worker's memory. At three quarters it reads frame by frame only,
  // closing what it can in between (it cannot stop: only frames move time, so nothing would ever be
  // freed); at the whole it is HALTED, naming its largest queries and their cells.
  std::size_t memory_bytes = 256U << 20U;
  std::size_t savepoint_ring = 64;
  FetchLimits fetch;
  Duration call_timeout{50};
};

struct MergeTaskStatus {
  enum class Phase : std::uint8_t { kReplaying, kRunning } phase = Phase::kReplaying;
  double replay_ratio = 0;  // of the offsets to replay, done
  std::optional<Watermark> combined;
  Offset next_frame;
  std::uint64_t open_cells = 0;
  std::uint64_t open_windows = 0;
  std::uint64_t state_bytes = 0;
  std::uint64_t duplicate_frames = 0;
  std::uint64_t frames = 0;
  std::uint64_t commits = 0;
  std::uint64_t checkpoints = 0;
  std::map<InstanceId, InstanceCounts> counts;
  bool restored_from_store = false;
  Offset replay_from;              // where the replay began; 0 until its cells are loaded
  std::string checkpoint_trouble;  // why no checkpoint can be written; empty: none is in the way
};

class MergeTask {
 public:
  // All outlive the task; `producer` is initialised and claimed for `progress.epoch`. `store` may
  // be nullptr: no checkpoint is kept.
  struct Parts {
    Log* log = nullptr;
    Producer* producer = nullptr;
    CellStore* store = nullptr;
    std::shared_ptr<const TaskContext> context;
    TaskMeter* meter = nullptr;  // of the delay of results; nullptr: nobody asks
  };
  MergeTask(Parts parts, ShufflePartition merge, MergeProgress progress, MergeTaskOptions options);
  ~MergeTask();

  StepResult Step(MonotonicTime now);
  // Commits what is complete, writes a last checkpoint, applies no further frame.
  void Drain();
  bool Drained() const;

  const MergeProgress& committed() const;
  MergeTaskStatus Status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
