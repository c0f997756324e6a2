#include "log_memory/broker.h"

#include <utility>

namespace tidemark {

LogStatus UnknownTopic(std::string_view topic) {
  return {LogError::kUnknownTopic, "there is no topic " + std::string(topic)};
}

LogStatus UnknownPartition(const TopicPartition& name) {
  return {LogError::kUnknownTopic,
          "there is no partition " + name.topic + "/" + std::to_string(name.partition.value())};
}

Broker::Broker(const Clock& clock, MemoryLogOptions options)
    : clock_(clock), options_(options), transactions_(options.late_delivery) {}

std::unique_lock<std::mutex> Broker::Lock() {
  std::unique_lock lock(mutex_);
  transactions_.Tick(Now());
  return lock;
}

TransactionCoordinator::Now Broker::Now() const {
  const MonotonicTime time = clock_.Now();
  return {time, options_.wall_origin_ms + time.ms()};
}

const Topic* Broker::FindTopic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const std::shared_ptr<PartitionLog>* Broker::FindPartition(const TopicPartition& name) const {
  const Topic* topic = FindTopic(name.topic);
  return topic == nullptr ? nullptr : topic->Find(name.partition);
}

LogStatus Broker::CreateTopic(const TopicSpec& spec) {
  if (auto status = CheckTopicName(spec.name); !status.ok()) return status;
  if (FindTopic(spec.name) != nullptr) {
    return {LogError::kTopicExists, "topic " + spec.name + " exists"};
  }
  if (spec.partitions <= 0) return {LogError::kInvalid, "a topic has at least one partition"};
  if (spec.replication_factor <= 0 || spec.replication_factor > options_.brokers) {
    return {LogError::kInvalid, "replication factor " + std::to_string(spec.replication_factor) +
                                    " with " + std::to_string(options_.brokers) + " brokers"};
  }
  if (auto status = CheckConfigs(spec.configs); !status.ok()) return status;
  topics_.emplace(spec.name, Topic(spec));
  return {};
}

LogStatus Broker::DeleteTopic(std::string_view name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return UnknownTopic(name);
  topics_.erase(found);
  for (auto& [group, offsets] : groups_) {
    std::erase_if(offsets, [&](const auto& entry) { return entry.first.topic == name; });
  }
  return {};
}

LogStatus Broker::Compact(std::string_view name) {
  const Topic* topic = FindTopic(name);
  if (topic == nullptr) return UnknownTopic(name);
  if (!topic->compacted()) {
    return {LogError::kInvalid, "topic " + std::string(name) + " is not compacted"};
  }
  for (const auto& partition : topic->all()) {
    partition->Compact(Now().time, topic->delete_retention());
  }
  return {};
}

LogResult<Offset> Broker::Append(const TopicPartition& name, const InputRecord& record) {
  const auto fail = [](LogStatus status) {
    return LogResult<Offset>{status.error, std::move(status.message), std::nullopt};
  };
  const Topic* topic = FindTopic(name.topic);
  const auto* partition = topic == nullptr ? nullptr : topic->Find(name.partition);
  if (partition == nullptr) return fail(UnknownPartition(name));
  const std::int64_t wall_ms = Now().wall_ms;
  LogRecord stored{record.key, record.value, record.headers, record.timestamp_ms.value_or(wall_ms)};
  if (auto status = topic->Admit(stored, wall_ms); !status.ok()) return fail(std::move(status));
  return {.value = (*partition)->Append(stored, TransactionSerial())};
}

LogStatus Broker::CommitOffsets(std::string_view group, const GroupOffsets& offsets) {
  constexpr std::size_t kMetadataMax = 4'096;  // Kafka's offset.metadata.max.bytes
  if (group.empty()) return {LogError::kInvalid, "a group has a name"};
  for (const auto& [name, committed] : offsets) {
    if (FindPartition(name) == nullptr) return UnknownPartition(name);
    if (committed.metadata.size() > kMetadataMax) {
      return {LogError::kInvalid, "offset metadata above 4096 bytes"};
    }
  }
  GroupOffsets& known = groups_[std::string(group)];
  for (const auto& [name, committed] : offsets) known.insert_or_assign(name, committed);
  return {};
}

Broker::GroupOffsets Broker::CommittedOffsets(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? GroupOffsets() : found->second;
}

}  // namespace tidemark
