#include "task/ends_reader.h"

namespace tidemark {

std::optional<PartitionEnds> EndsReader::Ask(const TopicPartition& partition, Duration timeout) {
  // A handle with a pending call takes no other; the answer to an earlier question is of no use any
  // more.
  if (pending_ && *pending_ != partition && Call(*pending_, timeout).error == LogError::kPending)
    return std::nullopt;
  LogResult<PartitionEnds> ends = Call(partition, timeout);
  return ends.ok() ? ends.value : std::nullopt;
}

LogResult<PartitionEnds> EndsReader::Call(const TopicPartition& partition, Duration timeout) {
  LogResult<PartitionEnds> ends = admin_->Ends(partition, timeout);
  pending_ = ends.error == LogError::kPending ? std::optional(partition) : std::nullopt;
  return ends;
}

}  // namespace tidemark
