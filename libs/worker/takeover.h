// One attempt to take a task over: steps 0 to 3 of protocol 5, as decided by DecideTakeover.
//
// Ends with a producer that is initialised and claimed, and the progress to begin from; or with the
// reason why not. Once it has failed in any way the producer is destroyed: begin anew with a new
// Takeover. Thread: that of its host.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "log/log.h"
#include "task/task_meter.h"
#include "worker/progress_tail.h"
#include "worker/shared_ends.h"
#include "worker/takeover_decision.h"
#include "worker/task_progress.h"

namespace tidemark {

struct TakeoverOptions {
  Duration transaction_timeout{10'000};
  Duration call_timeout{50};
  Duration open_transaction_poll{100};
};

class Takeover {
 public:
  enum class Outcome : std::uint8_t {
    kWorked,   // step again at once
    kWaiting,  // step again later
    kBlocked,  // waits for an open transaction of the progress partition
    kTaken,    // producer() and progress() are there
    kStale,    // a newer owner is recorded
    kLost,     // fenced, in doubt or refused: try anew; see reason()
    kHalted,   // no retry can help; see reason()
  };

  // All outlive this.
  struct Ports {
    Log* log = nullptr;
    SharedEnds* ends = nullptr;
    TaskMeter* meter = nullptr;  // of the producer's transactions; nullptr: nobody asks
  };
  struct Target {
    PipelineNames names;
    std::shared_ptr<const PipelineDefinition> pipeline;  // immutable
    TaskId task;
    OwnerEpoch epoch;
  };
  Takeover(Ports ports, Target target, TakeoverOptions options);

  Outcome Step(MonotonicTime now);
  std::unique_ptr<Producer> TakeProducer() { return std::move(producer_); }
  // As claimed. REQUIRES: kTaken.
  const TaskProgress& progress() const { return *progress_; }
  const std::string& reason() const { return reason_; }
  // What it is at, and the last failure on the way; for people.
  std::string Doing() const;

 private:
  enum class ClaimStep : std::uint8_t { kBegin, kCommit };

  Outcome Look(MonotonicTime now);
  Outcome Initialise(MonotonicTime now);
  Outcome AskEnds(MonotonicTime now);
  Outcome Read(MonotonicTime now);
  Outcome WaitForOpenTransaction(MonotonicTime now);
  Outcome WriteClaim(MonotonicTime now);
  Outcome BeginClaim(MonotonicTime now);
  Outcome CommitClaim();
  Outcome DecodeNewest();
  Outcome Failed(MonotonicTime now, LogStatus status);

  Ports ports_;
  Target target_;
  TakeoverOptions options_;
  TopicPartition partition_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<ProgressTail> tail_;
  std::unique_ptr<Producer> producer_;
  TakeoverFacts facts_;
  std::optional<TaskProgress> progress_;
  ClaimStep claim_step_ = ClaimStep::kBegin;
  Backoff backoff_{Duration(50), Duration(1'000)};
  MonotonicTime next_poll_;
  std::string reason_;
};

}  // namespace tidemark
