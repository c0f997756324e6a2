#include "log_memory/memory_admin.h"

#include <utility>

namespace tidemark {
namespace {

// `read` of the partition, or kUnknownTopic.
template <class T, class Read>
LogResult<T> OfPartition(Broker& broker, const TopicPartition& name, Read read) {
  const auto* partition = broker.FindPartition(name);
  if (partition != nullptr) return {.value = read(**partition)};
  return {LogError::kUnknownTopic, UnknownPartition(name).message, std::nullopt};
}

}  // namespace

MemoryAdmin::MemoryAdmin(std::shared_ptr<Broker> broker, std::shared_ptr<Connection> connection)
    : gate_(std::move(broker), std::move(connection)) {}

LogStatus MemoryAdmin::CreateTopic(const TopicSpec& spec, Duration /*timeout*/) {
  return gate_.Run<LogStatus>(LogCallKind::kCreateTopic,
                              [&](Broker& broker, Fault) { return broker.CreateTopic(spec); });
}

LogStatus MemoryAdmin::DeleteTopic(std::string_view topic, Duration /*timeout*/) {
  return gate_.Run<LogStatus>(LogCallKind::kDeleteTopic,
                              [&](Broker& broker, Fault) { return broker.DeleteTopic(topic); });
}

LogResult<TopicDescription> MemoryAdmin::DescribeTopic(std::string_view topic,
                                                       Duration /*timeout*/) {
  using Answer = LogResult<TopicDescription>;
  return gate_.Run<Answer>(LogCallKind::kDescribeTopic, [&](Broker& broker, Fault) -> Answer {
    const Topic* found = broker.FindTopic(topic);
    if (found != nullptr) return {.value = found->Describe()};
    return {LogError::kUnknownTopic, UnknownTopic(topic).message, std::nullopt};
  });
}

LogStatus MemoryAdmin::DeleteRecords(const TopicPartition& partition, Offset before,
                                     Duration /*timeout*/) {
  return gate_.Run<LogStatus>(LogCallKind::kDeleteRecords, [&](Broker& broker, Fault) {
    const auto* found = broker.FindPartition(partition);
    return found == nullptr ? UnknownPartition(partition) : (*found)->DeleteRecords(before);
  });
}

LogResult<PartitionEnds> MemoryAdmin::Ends(const TopicPartition& partition, Duration /*timeout*/) {
  return gate_.Run<LogResult<PartitionEnds>>(LogCallKind::kEnds, [&](Broker& broker, Fault) {
    return OfPartition<PartitionEnds>(broker, partition,
                                      [](const PartitionLog& log) { return log.ends(); });
  });
}

LogResult<Offset> MemoryAdmin::OffsetForTime(const TopicPartition& partition, std::int64_t time_ms,
                                             Duration /*timeout*/) {
  return gate_.Run<LogResult<Offset>>(LogCallKind::kOffsetForTime, [&](Broker& broker, Fault) {
    return OfPartition<Offset>(broker, partition,
                               [&](const PartitionLog& log) { return log.OffsetForTime(time_ms); });
  });
}

LogStatus MemoryAdmin::CommitOffsets(std::string_view group,
                                     const std::map<TopicPartition, CommittedOffset>& offsets,
                                     Duration /*timeout*/) {
  return gate_.Run<LogStatus>(LogCallKind::kCommitOffsets, [&](Broker& broker, Fault) {
    return broker.CommitOffsets(group, offsets);
  });
}

LogResult<std::map<TopicPartition, CommittedOffset>> MemoryAdmin::CommittedOffsets(
    std::string_view group, Duration /*timeout*/) {
  using Answer = LogResult<std::map<TopicPartition, CommittedOffset>>;
  return gate_.Run<Answer>(LogCallKind::kCommittedOffsets, [&](Broker& broker, Fault) -> Answer {
    return {.value = broker.CommittedOffsets(group)};
  });
}

}  // namespace tidemark
