#include "task/lag_offsets.h"

#include <utility>

namespace tidemark {

LagOffsets::LagOffsets(Log& log, std::string group, Duration interval)
    : admin_(log.NewAdmin()), group_(std::move(group)), interval_(interval) {}

void LagOffsets::MaybeCommit(std::span<const SourcePartition> partitions, MonotonicTime now,
                             Duration timeout) {
  if (!pending_) {
    if (committed_at_ && now - *committed_at_ < interval_) return;
    committed_at_ = now;
    bool changed = false;
    for (const SourcePartition& partition : partitions) {
      Offset& known = offsets_[partition.where].offset;
      changed |= known != partition.committed.position;
      known = partition.committed.position;
    }
    if (!changed) return;
  }
  pending_ = admin_->CommitOffsets(group_, offsets_, timeout).error == LogError::kPending;
}

}  // namespace tidemark
