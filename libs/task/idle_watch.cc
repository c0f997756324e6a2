#include "task/idle_watch.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr Duration kLookInterval{1'000};
// A partition with more offsets than this before it is LAGGING.
constexpr std::int64_t kLagOffsets = 10'000;

}  // namespace

IdleWatch::IdleWatch(const TaskContext& context, const ProgressBoard& board, EndsReader& ends,
                     Lane lane)
    : context_(context), board_(board), ends_(ends), lane_(lane) {}

void IdleWatch::Refresh(std::span<SourcePartition> partitions, MonotonicTime now,
                        Duration timeout) {
  if (Rests(partitions, now)) return;
  proved_ = now;
  LookAtOne(partitions, now, timeout);
  for (SourcePartition& partition : partitions) Prove(partition, now, timeout);
  Advance(partitions, now);
}

bool IdleWatch::Rests(std::span<const SourcePartition> partitions, MonotonicTime now) {
  if (!all_idle_since_ || context_.plan->watermark.close_after) return false;
  if (now - *proved_ >= kLookInterval) return false;
  const auto stirs = [&](const SourcePartition& partition) {
    return !partition.idle || now - partition.last_record < context_.plan->watermark.idle_after;
  };
  if (std::any_of(partitions.begin(), partitions.end(), stirs)) return false;
  Survey(partitions);
  return AllIdle(sources_);
}

void IdleWatch::LookAtOne(std::span<SourcePartition> partitions, MonotonicTime now,
                          Duration timeout) {
  if (partitions.empty() || (looked_ && now - *looked_ < kLookInterval)) return;
  looked_ = now;
  next_look_ = (next_look_ + 1) % partitions.size();
  SourcePartition& partition = partitions[next_look_];
  if (const auto ends = ends_.Ask(partition.where, timeout)) partition.ends = ends;
}

void IdleWatch::Draining(std::span<SourcePartition> partitions) {
  for (SourcePartition& partition : partitions) partition.idle = false;
}

void IdleWatch::Backpressured(std::span<SourcePartition> partitions) {
  Draining(partitions);
  for (SourcePartition& partition : partitions) partition.state = SourceState::kBackpressured;
}

void IdleWatch::Prove(SourcePartition& partition, MonotonicTime now, Duration timeout) {
  partition.idle = false;
  partition.state =
      partition.judge.time().watermark ? SourceState::kLive : SourceState::kNeverReported;
  if (partition.ends &&
      partition.ends->high_watermark.value() - partition.position.value() > kLagOffsets) {
    partition.state = SourceState::kLagging;
  }
  if (partition.held) {
    partition.state = SourceState::kAligned;
    return;
  }
  if (now - partition.last_record < context_.plan->watermark.idle_after) return;
  const std::optional<PartitionEnds> ends = ends_.Ask(partition.where, timeout);
  if (!ends) return;
  partition.ends = ends;
  if (ends->last_stable < ends->high_watermark && partition.position >= ends->last_stable) {
    partition.state = SourceState::kBlockedByOpenTransaction;
  } else if (ends->high_watermark == partition.position) {
    partition.idle = true;
    partition.state = SourceState::kIdle;
  }
}

void IdleWatch::Survey(const LaneProgress& progress) {
  for (const SourceProgress& source : progress.sources) {
    if (source.source.value() >= sources_.size()) continue;
    SourceTime& time = sources_[source.source.value()];
    time = {.watermark = source.watermark, .largest = source.largest, .idle = source.idle};
  }
}

void IdleWatch::Survey(std::span<const SourcePartition> partitions) {
  sources_.assign(context_.sources.size(), SourceTime{});
  for (const auto& [lane, progress] : board_.lanes) {
    if (lane != lane_) Survey(progress);
  }
  for (const SourcePartition& partition : partitions) {
    const PartitionTime time = partition.judge.time();
    sources_[partition.committed.source.value()] = {
        .watermark = time.watermark, .largest = time.largest, .idle = partition.idle};
  }
}

void IdleWatch::Advance(std::span<SourcePartition> partitions, MonotonicTime now) {
  Survey(partitions);
  if (!AllIdle(sources_)) {
    all_idle_since_.reset();
    const std::optional<Watermark> minimum = ActiveMinimum(sources_);
    for (SourcePartition& partition : partitions) {
      if (partition.idle && minimum) partition.judge.AdvanceTo(*minimum);
    }
    return;
  }
  if (!all_idle_since_) all_idle_since_ = now;
  for (SourcePartition& partition : partitions) partition.state = SourceState::kAllIdle;
  const std::optional<Duration>& close_after = context_.plan->watermark.close_after;
  if (!close_after || now - *all_idle_since_ < *close_after) return;
  const std::optional<Watermark> closed = AllClosed(*context_.plan, sources_);
  for (SourcePartition& partition : partitions) {
    if (closed) partition.judge.AdvanceTo(*closed);
  }
}

std::optional<Watermark> IdleWatch::KnownMinimum(std::span<const SourcePartition> partitions) {
  Survey(partitions);
  std::optional<Watermark> minimum;
  for (const SourceTime& source : sources_) {
    if (!source.watermark) return std::nullopt;
    minimum = minimum ? std::min(*minimum, *source.watermark) : *source.watermark;
  }
  return minimum;
}

}  // namespace tidemark
