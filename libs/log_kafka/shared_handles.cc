#include "log_kafka/shared_handles.h"

#include <algorithm>
#include <utility>

namespace tidemark {

Result<rd_kafka_t*> AdminClients::Of(Isolation isolation, ClientHandle& handle) {
  const std::lock_guard lock(mutex_);
  if (handle != nullptr) return handle.get();
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options_));
  const bool committed = isolation == Isolation::kReadCommitted;
  TM_RETURN_IF_ERROR(
      config.Set("isolation.level", committed ? "read_committed" : "read_uncommitted"));
  TM_ASSIGN_OR_RETURN(handle, std::move(config).Create(RD_KAFKA_CONSUMER));
  return handle.get();
}

void AdminClients::DropIdleGroups(MonotonicTime now) {
  std::erase_if(groups_, [now](const auto& group) { return now - group.second.used > kGroupIdle; });
  if (groups_.size() < kMostGroups) return;
  const auto oldest = std::min_element(groups_.begin(), groups_.end(), [](auto& a, auto& b) {
    return a.second.used < b.second.used;
  });
  groups_.erase(oldest);
}

Result<std::shared_ptr<rd_kafka_t>> AdminClients::OfGroup(const std::string& group) {
  const std::lock_guard lock(mutex_);
  const MonotonicTime now = clock_.Now();
  if (const auto found = groups_.find(group); found != groups_.end()) {
    found->second.used = now;
    return found->second.client;
  }
  DropIdleGroups(now);
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options_));
  TM_RETURN_IF_ERROR(config.Set("group.id", group));
  TM_RETURN_IF_ERROR(config.Set("enable.auto.commit", "false"));
  TM_ASSIGN_OR_RETURN(ClientHandle client, std::move(config).Create(RD_KAFKA_CONSUMER));
  std::shared_ptr<rd_kafka_t> shared(std::move(client));
  groups_[group] = {shared, now};
  return shared;
}

}  // namespace tidemark
