// The admin handle of the memory log. Every call is done when it returns.
#pragma once

#include <map>
#include <memory>

#include "log/log.h"
#include "log_memory/connection.h"

namespace tidemark {

class MemoryAdmin final : public Admin {
 public:
  MemoryAdmin(std::shared_ptr<Broker> broker, std::shared_ptr<Connection> connection);
  LogStatus CreateTopic(const TopicSpec& spec, Duration timeout) override;
  LogStatus DeleteTopic(std::string_view topic, Duration timeout) override;
  LogResult<TopicDescription> DescribeTopic(std::string_view topic, Duration timeout) override;
  LogStatus DeleteRecords(const TopicPartition& partition, Offset before,
                          Duration timeout) override;
  LogResult<PartitionEnds> Ends(const TopicPartition& partition, Duration timeout) override;
  LogResult<Offset> OffsetForTime(const TopicPartition& partition, std::int64_t time_ms,
                                  Duration timeout) override;
  LogStatus CommitOffsets(std::string_view group,
                          const std::map<TopicPartition, CommittedOffset>& offsets,
                          Duration timeout) override;
  LogResult<std::map<TopicPartition, CommittedOffset>> CommittedOffsets(std::string_view group,
                                                                        Duration timeout) override;

 private:
  CallGate gate_;
};

}  // namespace tidemark
