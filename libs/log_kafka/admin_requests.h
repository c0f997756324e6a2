// The admin calls of the log port as requests that block until the broker has answered, or for
// about kRequestTimeout; then they are kRetriable. The high watermark and offsets for times come
// from the read_uncommitted client, everything else from the other.
//
// Offsets are asked with rd_kafka_offsets_for_times, also the ends:
// rd_kafka_query_watermark_offsets does not keep its timeout. Nothing is answered from a cache.
// Threads: any.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "log_kafka/shared_handles.h"

namespace tidemark {

class AdminRequests {
 public:
  static constexpr Duration kRequestTimeout{10'000};
  explicit AdminRequests(std::shared_ptr<AdminClients> clients) : clients_(std::move(clients)) {}

  // Returns when the new topic's partitions have leaders, so that it can be used at once.
  LogStatus CreateTopic(const TopicSpec& spec) const;
  LogStatus DeleteTopic(const std::string& topic) const;
  LogResult<TopicDescription> DescribeTopic(const std::string& topic) const;
  LogStatus DeleteRecords(const TopicPartition& partition, Offset before) const;
  LogResult<PartitionEnds> Ends(const TopicPartition& partition) const;
  LogResult<Offset> OffsetForTime(const TopicPartition& partition, std::int64_t time_ms) const;
  LogStatus CommitOffsets(const std::string& group,
                          const std::map<TopicPartition, CommittedOffset>& offsets) const;
  LogResult<std::map<TopicPartition, CommittedOffset>> CommittedOffsets(
      const std::string& group) const;

 private:
  std::shared_ptr<AdminClients> clients_;
};

}  // namespace tidemark
