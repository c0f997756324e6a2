// One transaction of a merge task: results, ledger, and the task's progress last
// (protocol 2.4, 3.4, 5).
//
// Everything is buffered before, so a transaction is a short burst. A transaction whose end is in
// doubt is never retried here: the host takes the task over again and reads its progress back.
// Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "log/log.h"
#include "task/outbox.h"
#include "task/task.h"

namespace tidemark {

class Commit {
 public:
  enum class State : std::uint8_t { kPending, kDone, kRewind, kHalt };
  struct [[nodiscard]] Outcome {
    State state = State::kPending;
    std::string reason;  // of kRewind and kHalt
  };

  // All outlive it.
  Commit(Producer& producer, const TaskContext& context, ShufflePartition merge);

  // REQUIRES: !active(). `outbox` must not change until the commit is done.
  void Start(const Outbox& outbox, std::string progress);
  bool active() const { return outbox_ != nullptr; }
  // Goes on with the transaction. kPending: call again. After anything else it is no longer active.
  Outcome Continue(Duration timeout);

 private:
  Outcome Run(Duration timeout);
  Outcome ProduceRecords();
  std::string Topics() const;
  Outcome ProduceProgress();
  Outcome Judge(const LogStatus& status, const std::string& what) const;

  Producer& producer_;
  std::string pipeline_;
  std::string progress_topic_;
  Partition progress_partition_;
  const Outbox* outbox_ = nullptr;
  std::string progress_;
  std::size_t next_ = 0;
  bool begun_ = false;
  bool produced_ = false;
};

}  // namespace tidemark
