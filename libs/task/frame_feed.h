// The frames of one shuffle partition, in order, as a merge task consumes them.
//
// Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "log/log.h"
#include "task/task.h"

namespace tidemark {

class FrameFeed {
 public:
  // `log` outlives it. Reads committed frames from `from` on.
  FrameFeed(Log& log, TopicPartition partition, Offset from);

  // Fetches the next batch if the last one is used up. What to do if there is still no frame: kIdle
  // nothing, kRewind and kHalted as they say; kWorked: there is one, or the position moved past
  // offsets that hold none.
  StepResult Fill(FetchLimits limits);
  bool used_up() const;
  // The next frame, nullptr if the batch is used up. Valid until the next Fill.
  const RecordView* Next();

 private:
  StepResult Judge(const LogStatus& status) const;

  TopicPartition partition_;
  Offset at_;
  std::unique_ptr<Consumer> consumer_;
  bool assigned_ = false;
  std::unique_ptr<FetchedBatch> batch_;
  std::size_t next_ = 0;
};

}  // namespace tidemark
