// Fresh ends of partitions, asked one after the other on one admin handle; a pending answer is
// waited for by asking again later. Thread: owned by one task thread.
#pragma once

#include <memory>
#include <optional>

#include "log/log.h"

namespace tidemark {

class EndsReader {
 public:
  explicit EndsReader(Log& log) : admin_(log.NewAdmin()) {}

  // The ends as of now; nullopt if the log does not answer now: ask again later.
  std::optional<PartitionEnds> Ask(const TopicPartition& partition, Duration timeout);

 private:
  LogResult<PartitionEnds> Call(const TopicPartition& partition, Duration timeout);

  std::unique_ptr<Admin> admin_;
  std::optional<TopicPartition> pending_;
};

}  // namespace tidemark
