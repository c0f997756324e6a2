#include "log_memory/memory_consumer.h"

#include <utility>

namespace tidemark {

MemoryConsumer::MemoryConsumer(std::shared_ptr<Broker> broker,
                               std::shared_ptr<Connection> connection, Isolation isolation)
    : gate_(std::move(broker), std::move(connection)), isolation_(isolation) {}

LogStatus MemoryConsumer::Assign(const TopicPartition& partition, Offset from) {
  return gate_.Run<LogStatus>(LogCallKind::kAssign, [&](Broker&, Fault) {
    positions_.insert_or_assign(partition, from);
    return LogStatus();
  });
}

void MemoryConsumer::Unassign(const TopicPartition& partition) { positions_.erase(partition); }

LogResult<std::unique_ptr<FetchedBatch>> MemoryConsumer::Fetch(const TopicPartition& partition,
                                                               FetchLimits limits,
                                                               Duration /*timeout*/) {
  using Answer = LogResult<std::unique_ptr<FetchedBatch>>;
  return gate_.Run<Answer>(LogCallKind::kFetch, [&](Broker& broker, Fault) -> Answer {
    const auto at = positions_.find(partition);
    if (at != positions_.end()) return Read(broker, at, limits);
    return {LogError::kConflict, "fetch of a partition that is not assigned", std::nullopt};
  });
}

LogResult<std::unique_ptr<FetchedBatch>> MemoryConsumer::Read(Broker& broker,
                                                              Positions::iterator at,
                                                              FetchLimits limits) {
  const auto* partition = broker.FindPartition(at->first);
  if (partition == nullptr) {
    return {LogError::kUnknownTopic, UnknownPartition(at->first).message, std::nullopt};
  }
  auto result = (*partition)->Fetch(at->second, isolation_, limits);
  if (result.error == LogError::kOutOfRange) positions_.erase(at);
  if (result.ok() && *result.value != nullptr) at->second = (*result.value)->next();
  return result;
}

}  // namespace tidemark
