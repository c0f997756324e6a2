#include "worker/shared_ends.h"

#include <utility>

namespace tidemark {

SharedEnds::SharedEnds(std::unique_ptr<Admin> admin, Duration call_timeout)
    : admin_(std::move(admin)), call_timeout_(call_timeout) {}

LogResult<PartitionEnds> SharedEnds::Ask(const TopicPartition& partition) {
  if (!pending_ || *pending_ == partition) return Call(partition);
  (void)Call(TopicPartition(*pending_));
  return {LogError::kPending, "", std::nullopt};
}

LogResult<PartitionEnds> SharedEnds::Call(const TopicPartition& partition) {
  auto ends = admin_->Ends(partition, call_timeout_);
  if (ends.error == LogError::kPending) {
    pending_ = partition;
  } else {
    pending_.reset();
  }
  return ends;
}

}  // namespace tidemark
