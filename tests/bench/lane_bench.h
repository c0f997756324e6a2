// One lane of a pipeline over records that lie in a memory log, to be read again and again.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "task/source_task.h"

namespace tidemark {

inline std::shared_ptr<PipelinePlan> PlanLane(const std::string& text) {
  PlanResult planned = PlanPipeline({.file = "bench.yaml", .text = text});
  for (const Diagnostic& diagnostic : planned.diagnostics)
    std::printf("%s\n", diagnostic.message.c_str());
  TM_CHECK(planned.ok(), "the benchmark's pipeline is valid");
  auto plan = std::make_shared<PipelinePlan>(*planned.plan);
  plan->lanes = 1;
  return plan;
}

class LaneBench {
 public:
  // `yaml` is a pipeline named "voice" over the topic "calls".
  explicit LaneBench(const std::string& yaml) : log_(clock_), client_(log_.NewClient("bench")) {
    auto context = std::make_shared<TaskContext>();
    context->names = {"bench", "voice", Incarnation::FromBits(1)};
    context->plan = PlanLane(yaml);
    context->sources = {{"calls", Partition(0)}};
    context_ = context;
    Create("calls", 1);
    Create(context_->names.ShuffleTopic(), static_cast<std::int32_t>(context_->merges()));
    Create(context_->names.ProgressTopic(), static_cast<std::int32_t>(1 + context_->merges()));
    Create(context_->names.LateTopic(), 1);
    Create(context_->names.DeadLetterTopic(), 1);
  }

  void Append(std::string_view value, std::int64_t timestamp_ms) {
    TM_CHECK(log_.Append(context_->sources[0], {.value = value, .timestamp_ms = timestamp_ms}).ok(),
             "input");
  }

  // Reads all records with a task of its own; time passes as `clock` says, which is asked before
  // each step. Returns what the task says at its end.
  template <class Clock>
  SourceTaskStatus Run(Clock clock) {
    auto producer = client_->NewProducer({.transactional_id = "lane"});
    TM_CHECK(producer->InitTransactions(Duration(1'000)).ok(), "the benchmark's producer");
    LaneProgress progress{.incarnation = context_->names.incarnation,
                          .epoch = OwnerEpoch(++epoch_)};
    progress.sources.resize(1);
    const ProgressBoard board;
    SourceTask task({client_.get(), producer.get(), &board, context_}, Lane(0U), progress,
                    {.max_shuffle_backlog_frames = 1'000'000});
    while (task.Step(clock(task)).outcome == StepOutcome::kWorked) {
    }
    return task.Status();
  }

 private:
  void Create(const std::string& name, std::int32_t partitions) {
    const LogStatus status = client_->NewAdmin()->CreateTopic(
        {.name = name, .partitions = partitions, .configs = {}}, Duration(1'000));
    TM_CHECK(status.ok(), "a topic of the benchmark");
  }

  ManualClock clock_;
  MemoryLog log_;
  std::shared_ptr<MemoryLogClient> client_;
  std::shared_ptr<const TaskContext> context_;
  std::uint32_t epoch_ = 0;
};

}  // namespace tidemark
