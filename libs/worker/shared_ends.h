// Where the ends of partitions are (protocol 11.11): one handle, shared by the tasks of a group.
//
// A call that goes on behind (kPending) must be repeated before any other: whoever asks meanwhile
// moves that call on and gets kPending, so that a task that is gone blocks nobody. Thread: that of
// the group.
#pragma once

#include <memory>
#include <optional>

#include "log/log.h"

namespace tidemark {

class SharedEnds {
 public:
  SharedEnds(std::unique_ptr<Admin> admin, Duration call_timeout);

  LogResult<PartitionEnds> Ask(const TopicPartition& partition);

 private:
  LogResult<PartitionEnds> Call(const TopicPartition& partition);

  std::unique_ptr<Admin> admin_;
  Duration call_timeout_;
  std::optional<TopicPartition> pending_;
};

}  // namespace tidemark
