// A topic of the memory log: its configs with Kafka's names, defaults and refusals, and its
// partitions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log_memory/chunk.h"
#include "log_memory/partition_log.h"

namespace tidemark {

// Every topic config of Kafka 4 with its effective value: the default where `given` has none.
std::map<std::string, std::string> EffectiveConfigs(
    const std::map<std::string, std::string>& given);
// kInvalid, with the reason, for a name Kafka does not know or a value it does not take.
LogStatus CheckConfigs(const std::map<std::string, std::string>& given);
// kInvalid unless Kafka takes it as the name of a topic.
LogStatus CheckTopicName(std::string_view name);

class Topic {
 public:
  // REQUIRES: CheckConfigs(spec.configs) is ok, spec.partitions > 0.
  explicit Topic(const TopicSpec& spec);

  std::int32_t partitions() const { return static_cast<std::int32_t>(partitions_.size()); }
  // nullptr if there is no such partition.
  const std::shared_ptr<PartitionLog>* Find(Partition partition) const;
  const std::vector<std::shared_ptr<PartitionLog>>& all() const { return partitions_; }
  TopicDescription Describe() const { return {partitions(), configs_}; }
  bool compacted() const { return compacted_; }
  Duration delete_retention() const { return delete_retention_; }

  // Refuses what Kafka's broker refuses, and settles the record's timestamp.
  LogStatus Admit(LogRecord& record, std::int64_t wall_ms) const;

 private:
  std::map<std::string, std::string> configs_;
  std::vector<std::shared_ptr<PartitionLog>> partitions_;
  bool compacted_ = false;
  bool append_time_ = false;
  std::int64_t message_bytes_max_ = 0;
  std::int64_t timestamp_before_max_ms_ = 0;
  std::int64_t timestamp_after_max_ms_ = 0;
  Duration delete_retention_{};
};

}  // namespace tidemark
