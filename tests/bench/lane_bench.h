// One lane of a pipeline over records that lie in a memory log, to be read again and again.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "shuffle/frame.h"
#include "task/cell_layout.h"
#include "task/frame_feed.h"
#include "task/source_task.h"

namespace tidemark {

inline std::shared_ptr<PipelinePlan> PlanLane(const std::string& text,
                                              const std::string& descriptor_set) {
  PlanResult planned =
      PlanPipeline({.file = "bench.yaml", .text = text, .descriptor_set = descriptor_set});
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
  explicit LaneBench(const std::string& yaml, const std::string& descriptor_set = "")
      : log_(clock_), client_(log_.NewClient("bench")) {
    auto context = std::make_shared<TaskContext>();
    context->names = {"bench", "voice", Incarnation::FromBits(1)};
    context->plan = PlanLane(yaml, descriptor_set);
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

  // Reads all records as a task's consumer does, and only looks where they lie: the log's share of
  // Run. Returns the bytes of their values.
  std::uint64_t ReadOnly() {
    const auto consumer = client_->NewConsumer(Isolation::kReadCommitted);
    TM_CHECK(consumer->Assign(context_->sources[0], Offset(0)).ok(), "the input");
    std::uint64_t bytes = 0;
    for (;;) {
      const auto fetched = consumer->Fetch(context_->sources[0], {}, Duration(0));
      TM_CHECK(fetched.ok(), "the input is read");
      if (*fetched.value == nullptr) return bytes;
      for (const RecordView& record : (*fetched.value)->records())
        bytes += record.value && record.timestamp_ms > 0 ? record.value->size() : 0;
    }
  }

  // What the frames of all runs say of the first query, by the end of the slice and the key.
  using EventCounts = std::map<std::pair<std::int64_t, std::string>, std::uint64_t>;
  EventCounts Counted() {
    EventCounts counted;
    for (std::uint32_t merge = 0; merge < context_->merges(); ++merge) {
      FrameFeed feed(*client_,
                     {context_->names.ShuffleTopic(), Partition(static_cast<std::int32_t>(merge))},
                     Offset(0));
      while (feed.Fill({}).outcome == StepOutcome::kWorked) {
        while (const RecordView* frame = feed.Next()) Count(*frame->value, counted);
      }
    }
    return counted;
  }

 private:
  void Count(std::string_view frame, EventCounts& counted) {
    const CellLayout layout(context_->plan->queries[0]);
    std::vector<std::uint64_t> states(layout.size() / sizeof(std::uint64_t));
    auto* const cell = reinterpret_cast<std::byte*>(states.data());
    StateArena arena;
    FrameReader reader = FrameReader::Open(frame).value();
    while (const std::optional<BlockHeader> block = reader.NextBlock().value()) {
      for (std::uint64_t i = 0; i < block->cells; ++i) {
        const std::string key(reader.NextKey());
        std::fill(states.begin(), states.end(), 0);
        arena.Reset();
        TM_CHECK(layout.MergeEncoded(cell, reader.states(), arena), "a cell of the frame");
        counted[{block->slice_end, key}] += CellLayout::Events(cell);
      }
    }
  }

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
