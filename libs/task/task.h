// What source tasks and merge tasks have in common: their surroundings and the outcome of a step.
//
// A task is a single-threaded state machine. It is built by its host after the take-over (the
// producer is initialised, the claim committed) from the progress it took over, and does bounded
// work in each Step. It never recovers by itself: any trouble ends it, and the host takes the task
// over again from its last committed progress.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "model/ids.h"
#include "query/plan.h"
#include "shuffle/progress.h"

namespace tidemark {

// One incarnation of a pipeline as its tasks see it. Immutable, shared by the tasks of a worker.
struct TaskContext {
  PipelineNames names;
  std::shared_ptr<const PipelinePlan> plan;  // immutable; lanes resolved
  std::vector<TopicPartition> sources;       // by source ordinal
  std::optional<EventTime> start_time;  // windows that begin before it are withheld (contract 4)
  std::map<std::string, std::int32_t> sink_partitions;  // logged partition count of each sink topic

  std::uint32_t lanes() const { return plan->lanes; }
  std::uint32_t merges() const { return plan->shuffle_partitions; }
};

// The last committed progress of every task, read by the host for its tasks. A task may see it
// late, never early.
struct ProgressBoard {
  std::map<Lane, LaneProgress> lanes;
  std::map<ShufflePartition, MergeProgress> merges;
};

enum class StepOutcome : std::uint8_t {
  kWorked,  // call again at once
  kIdle,    // nothing to do now
  kRewind,  // destroy the task and its producer, take over again from the last commit with the same
            // epoch
  kHalted,  // wrong beyond what a restart can mend: stop the pipeline and show `reason` to the
            // operator
};

struct [[nodiscard]] StepResult {
  StepOutcome outcome = StepOutcome::kIdle;
  std::string reason;  // of kRewind and kHalted: what, where, and what to do
};

// Why a source partition's time stands where it does (contract 5, explain states).
enum class SourceState : std::uint8_t {
  kNeverReported,
  kLive,
  kLagging,
  kIdle,
  kAllIdle,
  kAligned,
  kBackpressured,
  kBlockedByOpenTransaction,
  kDataLoss,
  kHalted,
};
std::string_view SourceStateName(SourceState state);

}  // namespace tidemark
