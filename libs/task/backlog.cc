#include "task/backlog.h"

namespace tidemark {

Backlog::Backlog(const TaskContext& context, const ProgressBoard& board, EndsReader& ends,
                 std::uint64_t max_frames)
    : context_(context),
      board_(board),
      ends_(ends),
      max_frames_(max_frames),
      topic_(context.names.ShuffleTopic()) {}

void Backlog::Refresh(MonotonicTime now, Duration timeout) {
  const Duration interval = worst_ ? kIntervalBehind : kInterval;
  if (!wrote_ && !worst_) return;
  if (looked_ && now - *looked_ < interval) return;
  looked_ = now;
  wrote_ = false;
  worst_.reset();
  std::uint64_t most = max_frames_;
  for (std::uint32_t d = 0; d < context_.merges(); ++d) {
    const std::uint64_t behind = FramesBehind(ShufflePartition(d), timeout);
    if (behind <= most) continue;
    most = behind;
    worst_ = ShufflePartition(d);
  }
}

std::uint64_t Backlog::FramesBehind(ShufflePartition partition, Duration timeout) {
  const std::optional<PartitionEnds> ends =
      ends_.Ask({topic_, Partition(static_cast<std::int32_t>(partition.value()))}, timeout);
  if (!ends) return 0;
  const auto merge = board_.merges.find(partition);
  Offset applied = ends->log_start;
  if (merge != board_.merges.end())
    applied = std::max(applied, merge->second.commit_point.next_frame);
  const std::int64_t offsets = ends->high_watermark.value() - applied.value();
  // Each frame is followed by the marker of its transaction.
  return offsets <= 0 ? 0 : static_cast<std::uint64_t>(offsets) / 2;
}

}  // namespace tidemark
