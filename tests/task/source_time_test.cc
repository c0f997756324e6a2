// Time of a lane: alignment, idle partitions and their proof.
#include <catch2/catch.hpp>

#include "task/pipeline_fixture.h"
#include "task/source_task.h"

namespace tidemark {
namespace {

constexpr std::int64_t kMinute = 60'000;

PipelineShape TwoPartitions(std::string watermark = "max_out_of_orderness: 0s, idle_after: 10s") {
  return {.queries = QueryYaml("q", "SELECT count(*) AS calls FROM calls GROUP BY tumble('1m')"),
          .source = ", watermark: {" + watermark + "}",
          .partitions = 2};
}

SourceProgress Source(const PipelineFixture& fixture, std::uint32_t lane, std::size_t index) {
  return fixture.Progress(lane).sources[index];
}

TEST_CASE("an idle partition follows the one that is not, in frames flagged IDLE") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).watermark == std::nullopt);
  fixture.Advance(Duration(10'000));
  fixture.Append(0, {.time = kDay0 + kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).watermark == Watermark(kDay0 + kMinute));
  CHECK(Source(fixture, 0, 1).idle);
  CHECK_FALSE(Source(fixture, 0, 0).idle);
  CHECK(fixture.Frames(1).back().header.sections[1].flags == kSectionIdle);
  CHECK(fixture.lane(0).Status().sources[1].state == SourceState::kIdle);
}

TEST_CASE("a partition is not idle one millisecond before idle_after") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  static_cast<void>(fixture.StepLane(0));
  fixture.Advance(Duration(9'999));
  fixture.Append(0, {.time = kDay0});
  while (fixture.StepLane(0).outcome == StepOutcome::kWorked) {
  }
  CHECK(Source(fixture, 0, 0).position.value() == 1);
  CHECK_FALSE(Source(fixture, 0, 1).idle);
}

TEST_CASE("a partition with an open upstream transaction is blocked and never idle") {
  PipelineFixture fixture(TwoPartitions());
  const auto upstream = fixture.client().NewProducer(
      {.transactional_id = "upstream", .transaction_timeout = Duration(600'000)});
  REQUIRE(upstream->InitTransactions(Duration(1'000)).ok());
  REQUIRE(upstream->Begin().ok());
  const std::string open = Encode({.time = kDay0});
  REQUIRE(upstream
              ->Produce({.topic = "calls",
                         .partition = Partition(1),
                         .key = "k",
                         .value = open,
                         .headers = {}})
              .ok());
  fixture.StartLane(0);
  static_cast<void>(fixture.StepLane(0));
  fixture.Advance(Duration(60'000));
  fixture.Append(0, {.time = kDay0 + 10 * kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK_FALSE(Source(fixture, 0, 1).idle);
  CHECK(Source(fixture, 0, 1).watermark == std::nullopt);
  CHECK(fixture.lane(0).Status().sources[1].state == SourceState::kBlockedByOpenTransaction);
  REQUIRE(upstream->Commit(Duration(1'000)).ok());
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).counters.queries[0].aggregated == 1);
}

TEST_CASE("a record that comes back after idle is judged with the advanced watermark") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  static_cast<void>(fixture.StepLane(0));
  fixture.Advance(Duration(10'000));
  fixture.Append(0, {.time = kDay0 + 5 * kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Append(1, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).counters.queries[0].late == 1);
  CHECK_FALSE(Source(fixture, 0, 1).idle);
}

TEST_CASE("an idle advance alone is committed") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0 + kMinute});
  fixture.Append(1, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const std::size_t frames = fixture.Frames(0).size();
  fixture.Advance(Duration(9'000));
  fixture.Append(0, {.time = kDay0 + kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Advance(Duration(2'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Frames(0).size() == frames + 2);
  CHECK(Source(fixture, 0, 1).watermark == Watermark(kDay0 + kMinute));
  CHECK(fixture.Frames(0).back().header.sections[1].from ==
        fixture.Frames(0).back().header.sections[1].to);
}

TEST_CASE("when all are idle time holds") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  fixture.Append(1, {.time = kDay0 + kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  for (int i = 0; i < 10; ++i) {
    fixture.Advance(Duration(60'000));
    REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  }
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0));
  CHECK(Source(fixture, 0, 0).idle);
  CHECK(Source(fixture, 0, 1).idle);
  CHECK(fixture.lane(0).Status().sources[0].state == SourceState::kAllIdle);
  CHECK(fixture.Frames(0).size() == 2);
}

TEST_CASE(
    "while all are idle each partition is looked at once a second, and one that stirs is seen") {
  PipelineFixture fixture(TwoPartitions());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  fixture.Append(1, {.time = kDay0});
  fixture.Advance(Duration(60'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Advance(Duration(60'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  REQUIRE(fixture.lane(0).Status().sources[0].state == SourceState::kAllIdle);
  CountCalls ends(LogCallKind::kEnds);
  fixture.client().SetFaults(&ends);
  for (int i = 0; i < 1'000; ++i) {
    fixture.Advance(Duration(10));
    REQUIRE(fixture.StepLane(0).outcome == StepOutcome::kIdle);
  }
  // Two proofs, and one of the two once more for its lag.
  CHECK(ends.count >= 2 * 9);
  CHECK(ends.count <= 3 * 11);
  fixture.Append(1, {.time = kDay0 + kMinute});
  for (int i = 0; i < 41; ++i) {
    fixture.Advance(Duration(10));
    (void)fixture.StepLane(0);
  }
  CHECK(Source(fixture, 0, 0).watermark == Source(fixture, 0, 1).watermark);
  CHECK(Source(fixture, 0, 0).watermark > Watermark(kDay0));
  fixture.client().SetFaults(nullptr);
}

TEST_CASE(
    "close_after closes every window that holds an event, once all have been idle for so long") {
  PipelineFixture fixture(
      TwoPartitions("max_out_of_orderness: 30s, idle_after: 10s, all_idle: {close_after: 1m}"));
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  fixture.Append(1, {.time = kDay0 + kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Advance(Duration(10'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).idle);
  CHECK(Source(fixture, 0, 1).watermark == Watermark(kDay0 + 30'000));
  fixture.Advance(Duration(50'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0 - 30'000));
  fixture.Advance(Duration(10'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0 + 2 * kMinute));
  CHECK(Source(fixture, 0, 1).watermark == Watermark(kDay0 + 2 * kMinute));
}

TEST_CASE("an idle partition follows other lanes only as far as the board shows them committed") {
  PipelineShape shape = TwoPartitions();
  shape.lanes = 2;
  PipelineFixture fixture(shape);
  fixture.StartLane(0);
  fixture.StartLane(1);
  fixture.Append(0, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Advance(Duration(10'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  // Lane 1 has not been seen: it may be anywhere.
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0));
  fixture.Append(1, {.time = kDay0 + 5 * kMinute});
  REQUIRE(fixture.RunLane(1).outcome == StepOutcome::kIdle);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0));
  fixture.ShowProgress();
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 0).watermark == Watermark(kDay0 + 5 * kMinute));
}

TEST_CASE(
    "a partition far ahead of its lane is held until the lane catches up, and is not idle "
    "meanwhile") {
  PipelineShape shape = TwoPartitions();
  shape.options.max_drift = Duration(10 * kMinute);
  shape.options.fetch.records = 1;
  PipelineFixture fixture(shape);
  fixture.StartLane(0);
  for (int i = 0; i < 100; ++i) {
    fixture.Append(0, {.time = kDay0});
    fixture.Append(1, {.time = kDay0 + i * kMinute});
  }
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 0).position.value() == 100);
  CHECK(Source(fixture, 0, 1).position.value() == 12);
  CHECK(fixture.lane(0).Status().sources[1].state == SourceState::kAligned);
  fixture.Append(0, {.time = kDay0 + 95 * kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).position.value() == 100);
}

TEST_CASE("a lane whose slow partition falls idle releases the one it held") {
  PipelineShape shape = TwoPartitions();
  shape.options.max_drift = Duration(10 * kMinute);
  shape.options.fetch.records = 1;
  PipelineFixture fixture(shape);
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  for (int i = 0; i < 100; ++i) fixture.Append(1, {.time = kDay0 + i * kMinute});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(Source(fixture, 0, 1).position.value() == 12);
  for (int i = 0; i < 10; ++i) {
    fixture.Advance(Duration(10'000));
    REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  }
  CHECK(Source(fixture, 0, 1).position.value() == 100);
}

}  // namespace
}  // namespace tidemark
