// Reads the newest committed record of one progress partition without reading the whole partition.
//
// Begins kFirstWindow offsets before the high watermark and goes back further, four times as far
// each time, while there is no record: a partition that compaction has not reached yet holds a
// record of every commit of a week. Thread: that of its owner.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "log/log.h"
#include "worker/shared_ends.h"

namespace tidemark {

class ProgressTail {
 public:
  static constexpr std::int64_t kFirstWindow = 256;

  // `consumer` is read_committed; both outlive this.
  ProgressTail(TopicPartition partition, Consumer* consumer, SharedEnds* ends);
  ~ProgressTail();
  ProgressTail(const ProgressTail&) = delete;
  ProgressTail& operator=(const ProgressTail&) = delete;

  // Reads on towards the last stable offset as it was at the first call. True once it is reached.
  // Errors that may pass (kPending, kRetriable) leave everything as it was: call again. After any
  // other, begin anew with a new tail.
  LogResult<bool> ReadToLastStable();
  // Reads what is there now; true if a newer record was found. REQUIRES: ReadToLastStable() came to
  // its end.
  LogResult<bool> ReadOn();

  // Value of the newest record read; nullopt: none yet.
  const std::optional<std::string>& newest() const { return newest_; }
  Offset position() const { return position_; }
  const TopicPartition& partition() const { return partition_; }

 private:
  LogStatus Locate();
  LogStatus AssignAt(Offset from);

  TopicPartition partition_;
  Consumer* consumer_;
  SharedEnds* ends_;
  std::optional<PartitionEnds> seen_;
  bool assigned_ = false;
  std::int64_t window_ = kFirstWindow;
  Offset started_;
  Offset position_;
  std::optional<std::string> newest_;
};

}  // namespace tidemark
