#include "cluster/shuffle_retention.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr Duration kCallTimeout{50};

}  // namespace

ShuffleRetention::ShuffleRetention(Admin* admin, std::string cluster, Duration interval)
    : admin_(admin), cluster_(std::move(cluster)), interval_(interval) {}

void ShuffleRetention::Observe(const std::vector<TaskReport>& reports, MonotonicTime now) {
  for (const TaskReport& report : reports) {
    if (!report.committed_replay_point || report.task.task.kind != TaskId::Kind::kMerge) continue;
    Entry& entry =
        merges_.try_emplace(report.task, Entry{.next_try = now + interval_}).first->second;
    entry.replay_point = std::max(entry.replay_point, report.committed_replay_point->next_frame);
  }
}

void ShuffleRetention::Choose(MonotonicTime now) {
  for (const auto& [merge, entry] : merges_) {
    if (entry.replay_point <= entry.dropped_below || now < entry.next_try) continue;
    call_ = Call{merge, entry.replay_point};
    return;
  }
}

void ShuffleRetention::Step(const ClusterState& state, MonotonicTime now) {
  std::erase_if(merges_, [&](const auto& entry) { return !state.tasks.contains(entry.first); });
  if (!call_) Choose(now);
  if (!call_) return;
  const TaskAddress& merge = call_->merge;
  const PipelineNames names{cluster_, merge.pipeline, merge.incarnation};
  const TopicPartition partition{names.ShuffleTopic(),
                                 Partition(static_cast<std::int32_t>(merge.task.index))};
  const LogStatus dropped = admin_->DeleteRecords(partition, call_->before, kCallTimeout);
  if (dropped.error == LogError::kPending) return;
  if (const auto entry = merges_.find(merge); entry != merges_.end()) {
    entry->second.next_try = now + interval_;
    if (dropped.ok()) entry->second.dropped_below = call_->before;
  }
  call_.reset();
}

}  // namespace tidemark
