// Reads the committed records of one topic of Kafka, to its present end or as they come, and says
// on standard error why none comes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"
#include "log/log.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {

struct FollowOptions {
  enum class Until : std::uint8_t { kInterrupted, kPresentEnd };
  std::string command;  // in messages: "tail"
  std::string topic;
  bool from_beginning = false;            // else: what is committed from now on
  std::optional<std::int32_t> partition;  // else: all
  Until until = Until::kInterrupted;      // or what is committed when it begins
  std::uint64_t count = 0;                // end after that many records taken; 0: all
};

// False: the record is passed over, and not counted.
using TakeRecord = std::function<bool(const TopicPartition& partition, const RecordView& record)>;

// Ends as `options` say, or when the process is interrupted (WatchInterrupts). NOT_FOUND: no such
// topic or partition; UNAVAILABLE: no broker answers. Standard output is flushed whenever nothing
// comes.
Status FollowTopic(const FollowOptions& options, const KafkaLogOptions& kafka,
                   const TakeRecord& take);

}  // namespace tidemark
