// Commits consumer-group offsets now and then, for lag tools only: nothing of ours reads them, and
// a failure is no matter. Thread: owned by one task thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "log/log.h"
#include "task/source_partition.h"

namespace tidemark {

class LagOffsets {
 public:
  LagOffsets(Log& log, std::string group, Duration interval);
  // Commits the positions of the last commit if the interval has passed and they have changed.
  void MaybeCommit(std::span<const SourcePartition> partitions, MonotonicTime now,
                   Duration timeout);

 private:
  std::unique_ptr<Admin> admin_;
  std::string group_;
  Duration interval_;
  std::optional<MonotonicTime> committed_at_;
  std::map<TopicPartition, CommittedOffset> offsets_;  // last given to the log
  bool pending_ = false;
};

}  // namespace tidemark
