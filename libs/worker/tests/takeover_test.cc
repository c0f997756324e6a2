#include "worker/takeover.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "log_memory/memory_log.h"
#include "worker/task_host.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};
using Outcome = Takeover::Outcome;

PipelineDefinition Voice() {
  PipelineDefinition pipeline;
  pipeline.name = "voice";
  pipeline.incarnation = Incarnation::FromBits(3);
  pipeline.lanes = 2;
  pipeline.merges = 1;
  for (int p = 0; p < 3; ++p) {
    pipeline.sources.push_back({"calls", Partition(p)});
    pipeline.start_offsets.push_back(Offset(10 * p));
  }
  return pipeline;
}

// A log with the progress topic of a pipeline, and processes that want its lane 0.
struct Bench {
  ManualClock clock;
  MemoryLog log{clock};
  std::shared_ptr<const PipelineDefinition> pipeline =
      std::make_shared<const PipelineDefinition>(Voice());
  PipelineNames names{"demo", "voice", pipeline->incarnation};
  TopicPartition progress{names.ProgressTopic(), Partition(0)};
  std::unique_ptr<MemoryLogClient> client = log.NewClient("worker");
  SharedEnds ends{client->NewAdmin(), kTimeout};

  Bench() {
    REQUIRE(
        client->NewAdmin()->CreateTopic({.name = progress.topic, .partitions = 3}, kTimeout).ok());
  }

  std::unique_ptr<Takeover> Begin(int epoch) {
    return std::make_unique<Takeover>(
        Takeover::Ports{client.get(), &ends},
        Takeover::Target{names, pipeline, TaskId::Of(Lane(0)), OwnerEpoch(epoch)},
        TakeoverOptions());
  }
  // Steps until it is over, or blocked.
  Outcome Finish(Takeover& takeover) {
    for (int i = 0; i < 1'000; ++i) {
      const Outcome outcome = takeover.Step(clock.Now());
      if (outcome != Outcome::kWorked && outcome != Outcome::kWaiting) return outcome;
      clock.Advance(Duration(1));
    }
    return Outcome::kWaiting;
  }
  std::unique_ptr<Producer> Take(int epoch) {
    auto takeover = Begin(epoch);
    REQUIRE(Finish(*takeover) == Outcome::kTaken);
    return takeover->TakeProducer();
  }
  LogStatus Write(Producer& producer, const LaneProgress& value) {
    if (LogStatus begun = producer.Begin(); !begun.ok()) return begun;
    const std::string bytes = EncodeProgress(value);
    return producer.Produce({.topic = progress.topic,
                             .partition = progress.partition,
                             .key = kProgressKey,
                             .value = bytes});
  }
  LaneProgress Progress(int epoch, int sequence) {
    LaneProgress value = std::get<LaneProgress>(FirstProgress(*pipeline, TaskId::Of(Lane(0))));
    value.epoch = OwnerEpoch(epoch);
    value.sequence = LaneSequence(sequence);
    return value;
  }
  // Epochs of the committed records of the progress partition.
  std::vector<OwnerEpoch> Committed() const {
    std::vector<OwnerEpoch> epochs;
    for (const DumpedRecord& record : log.Dump(progress)) {
      if (record.state != DumpedRecord::State::kCommitted) continue;
      epochs.push_back(DecodeProgressEpoch(*record.value).value());
    }
    return epochs;
  }
};

TEST_CASE("a task that never committed begins at the pipeline's start offsets, claimed") {
  Bench bench;
  auto takeover = bench.Begin(1);
  REQUIRE(bench.Finish(*takeover) == Outcome::kTaken);
  const auto& progress = std::get<LaneProgress>(takeover->progress());
  CHECK(progress.epoch == OwnerEpoch(1));
  REQUIRE(progress.sources.size() == 2);
  CHECK(progress.sources[0].source == SourceOrdinal(0));
  CHECK(progress.sources[1].source == SourceOrdinal(2));
  CHECK(progress.sources[1].position == Offset(20));
  CHECK(bench.Committed() == std::vector<OwnerEpoch>{OwnerEpoch(1)});
}

TEST_CASE("a take-over says what it is at, and why that fails") {
  Bench bench;
  auto takeover = bench.Begin(1);
  CHECK(takeover->Doing() == StrCat("it looks for its progress in ", bench.progress.ToString()));
  REQUIRE(bench.client->NewAdmin()->DeleteTopic(bench.progress.topic, kTimeout).ok());
  REQUIRE(bench.Finish(*takeover) == Outcome::kHalted);
  CHECK(takeover->Doing().find(takeover->reason()) != std::string::npos);
}

// No question about offsets is answered.
struct NoEnds final : FaultHook {
  Fault Before(const LogCall& call) override {
    return {call.kind == LogCallKind::kEnds ? FaultKind::kRetriable : FaultKind::kNone};
  }
};

TEST_CASE("the report of a task that is not taken over for long says what it is at") {
  Bench bench;
  NoEnds unanswered;
  bench.client->SetFaults(&unanswered);
  TaskHost host({.surroundings = {.log = bench.client.get()},
                 .ends = &bench.ends,
                 .target = {bench.names, bench.pipeline, TaskId::Of(Lane(0)), OwnerEpoch(1)}});
  const auto run = [&](Duration time) {
    for (const MonotonicTime end = bench.clock.Now() + time; bench.clock.Now() < end;
         bench.clock.Advance(Duration(10)))
      host.Step(bench.clock.Now());
  };
  run(Duration(9'000));
  CHECK(host.Report().reason.empty());
  run(Duration(2'000));
  CHECK(host.Report().state == TaskState::kTaking);
  CHECK(host.Report().reason.find("it looks for its progress in ") == 0);
  bench.client->SetFaults(nullptr);
}

TEST_CASE("a stale owner finds the newer epoch and fences nobody") {
  Bench bench;
  const std::unique_ptr<Producer> rightful = bench.Take(5);
  auto stale = bench.Begin(4);
  CHECK(bench.Finish(*stale) == Outcome::kStale);
  REQUIRE(bench.Write(*rightful, bench.Progress(5, 1)).ok());
  CHECK(rightful->Commit(kTimeout).ok());
}

TEST_CASE("the claim makes an older owner that was fenced by accident find out that it is stale") {
  Bench bench;
  (void)bench.Take(1);
  const std::unique_ptr<Producer> second = bench.Take(2);
  CHECK(bench.Finish(*bench.Begin(1)) == Outcome::kStale);
  CHECK(bench.Committed() == std::vector<OwnerEpoch>{OwnerEpoch(1), OwnerEpoch(2)});
}

TEST_CASE("a successor begins from the last committed progress and moves no position") {
  Bench bench;
  const std::unique_ptr<Producer> first = bench.Take(1);
  REQUIRE(bench.Write(*first, bench.Progress(1, 7)).ok());
  REQUIRE(first->Commit(kTimeout).ok());
  REQUIRE(bench.Write(*first, bench.Progress(1, 8)).ok());  // never committed
  auto takeover = bench.Begin(2);
  REQUIRE(bench.Finish(*takeover) == Outcome::kTaken);
  LaneProgress expected = bench.Progress(2, 7);
  CHECK(std::get<LaneProgress>(takeover->progress()) == expected);
  CHECK(first->Commit(kTimeout).error == LogError::kFenced);
}

TEST_CASE("the same epoch is taken again after its own timeout") {
  Bench bench;
  const std::unique_ptr<Producer> first = bench.Take(3);
  CHECK(bench.Finish(*bench.Begin(3)) == Outcome::kTaken);
}

TEST_CASE("an open transaction of somebody else blocks the claim until it ends") {
  Bench bench;
  const auto stranger = bench.client->NewProducer({.transactional_id = "stranger"});
  REQUIRE(stranger->InitTransactions(kTimeout).ok());
  REQUIRE(bench.Write(*stranger, bench.Progress(2, 9)).ok());
  auto takeover = bench.Begin(3);
  CHECK(bench.Finish(*takeover) == Outcome::kBlocked);
  CHECK(bench.Finish(*takeover) == Outcome::kBlocked);  // and stays so
}

TEST_CASE("a commit hidden at first is read before the claim") {
  Bench bench;
  const auto stranger = bench.client->NewProducer({.transactional_id = "stranger"});
  REQUIRE(stranger->InitTransactions(kTimeout).ok());
  REQUIRE(bench.Write(*stranger, bench.Progress(4, 9)).ok());
  auto takeover = bench.Begin(3);
  CHECK(bench.Finish(*takeover) == Outcome::kBlocked);
  REQUIRE(stranger->Commit(kTimeout).ok());
  CHECK(bench.Finish(*takeover) == Outcome::kStale);
}

TEST_CASE("the newest progress is found behind thousands of aborted offsets") {
  Bench bench;
  const std::unique_ptr<Producer> first = bench.Take(1);
  for (int i = 0; i < 2'000; ++i) {
    REQUIRE(bench.Write(*first, bench.Progress(1, 1)).ok());
    REQUIRE(first->Abort(kTimeout).ok());
  }
  CHECK(bench.Finish(*bench.Begin(0)) == Outcome::kStale);
}

TEST_CASE("progress of a newer format or another incarnation halts, whatever the epoch") {
  Bench bench;
  LaneProgress other = bench.Progress(1, 1);
  other.incarnation = Incarnation::FromBits(99);
  std::string newer = EncodeProgress(bench.Progress(1, 1));
  newer[3] = 9;
  for (const std::string& value : {EncodeProgress(other), newer}) {
    REQUIRE(bench.log.Append(bench.progress, {.key = kProgressKey, .value = value}).ok());
    auto takeover = bench.Begin(2);
    CHECK(bench.Finish(*takeover) == Outcome::kHalted);
    CHECK_FALSE(takeover->reason().empty());
  }
}

TEST_CASE("a claim in doubt is not taken for granted") {
  class DoubtfulCommit final : public FaultHook {
   public:
    Fault Before(const LogCall& call) override {
      if (call.kind != LogCallKind::kCommit) return {};
      return {.kind = FaultKind::kFatalAfterEffect};
    }
  };
  Bench bench;
  DoubtfulCommit doubtful;
  bench.client->SetFaults(&doubtful);
  CHECK(bench.Finish(*bench.Begin(1)) == Outcome::kLost);
  bench.client->SetFaults(nullptr);
  CHECK(bench.Finish(*bench.Begin(1)) == Outcome::kTaken);
}

}  // namespace
}  // namespace tidemark
