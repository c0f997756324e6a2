// Proves partitions of a lane idle and moves their time (protocol 1.10), for the commit at hand.
//
// The proof: idle_after has passed on the monotonic clock since the last record; after that a fresh
// look at READ_UNCOMMITTED finds the end of the log where the partition stands. A read_committed
// end would hide an open upstream transaction, and what it may still commit: then the partition is
// BLOCKED_BY_OPEN_TRANSACTION, not idle. A partition that is held is not idle either. The caller
// makes no proof while the lane is backpressured or draining, and commits in the same step. Thread:
// owned by one task thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "task/ends_reader.h"
#include "task/idle.h"
#include "task/source_partition.h"

namespace tidemark {

class IdleWatch {
 public:
  // All outlive the watch.
  IdleWatch(const TaskContext& context, const ProgressBoard& board, EndsReader& ends, Lane lane);

  // Sets `idle` and `state` of each partition, and moves W_s of the idle ones.
  void Refresh(std::span<SourcePartition> partitions, MonotonicTime now, Duration timeout);
  // No proof can be made while the lane is backpressured or draining: none is idle.
  static void Backpressured(std::span<SourcePartition> partitions);
  static void Draining(std::span<SourcePartition> partitions);
  // The least watermark known of any source; nullopt while some has none. For hints only.
  std::optional<Watermark> KnownMinimum(std::span<const SourcePartition> partitions);

 private:
  // Refreshes what is known of one partition's ends now and then, for its lag.
  void LookAtOne(std::span<SourcePartition> partitions, MonotonicTime now, Duration timeout);
  // True if the last proofs, a moment old, found all of the pipeline idle and nothing is known to
  // have changed. Time stands then, so that nothing depends on a fresh proof.
  bool Rests(std::span<const SourcePartition> partitions, MonotonicTime now);
  void Prove(SourcePartition& partition, MonotonicTime now, Duration timeout);
  void Advance(std::span<SourcePartition> partitions, MonotonicTime now);
  // Fills sources_: own partitions live, the others as committed.
  void Survey(std::span<const SourcePartition> partitions);
  void Survey(const LaneProgress& progress);

  const TaskContext& context_;
  const ProgressBoard& board_;
  EndsReader& ends_;
  Lane lane_;
  std::optional<MonotonicTime> looked_;
  std::size_t next_look_ = 0;
  std::optional<MonotonicTime> proved_;
  std::optional<MonotonicTime> all_idle_since_;
  std::vector<SourceTime> sources_;
};

}  // namespace tidemark
