// What a source task writes: frames, late and dead-letter records, progress and counters.
#include "task/source_task.h"

#include <catch2/catch.hpp>

#include "task/pipeline_fixture.h"

namespace tidemark {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::string_view kByAccount =
    "SELECT account_sid, count(*) AS calls, sum(summary.connect_duration_ms) AS ms FROM calls "
    "GROUP BY tumble('1m'), account_sid";

PipelineShape CountByAccount() {
  return {.queries = QueryYaml("by_account", kByAccount),
          .source = ", watermark: {max_out_of_orderness: 10s}"};
}

std::vector<FrameCell> AllCells(const PipelineFixture& fixture) {
  std::vector<FrameCell> cells;
  for (std::uint32_t d = 0; d < fixture.context().merges(); ++d) {
    for (const Frame& frame : fixture.Frames(d))
      cells.insert(cells.end(), frame.cells.begin(), frame.cells.end());
  }
  std::sort(cells.begin(), cells.end());
  return cells;
}

// The ledger's two laws (protocol 8).
void CheckBalance(const SourceCounters& counters) {
  CHECK(counters.records == counters.decoded + counters.dead_letter + counters.tombstones);
  for (const QueryCounters& query : counters.queries) {
    CHECK(counters.events == query.aggregated + query.filtered + query.late);
  }
}

TEST_CASE("records become cells by slice and key, in one frame to every shuffle partition") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0 + 1, .account = "a"});
  fixture.Append(0, {.time = kDay0 + 2, .account = "b"});
  fixture.Append(0, {.time = kDay0 + kMinute, .account = "a"});
  fixture.Append(0, {.time = kDay0 + 3, .account = "a"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const InstanceId instance = fixture.context().plan->queries[0].instance;
  CHECK(AllCells(fixture) == std::vector<FrameCell>{{instance, kDay0 + kMinute, 0, "a", 2},
                                                    {instance, kDay0 + kMinute, 0, "b", 1},
                                                    {instance, kDay0 + 2 * kMinute, 0, "a", 1}});
  for (std::uint32_t d = 0; d < 2; ++d) {
    REQUIRE(fixture.Frames(d).size() == 1);
    const FrameHeader header = fixture.Frames(d)[0].header;
    CHECK(header.sequence == LaneSequence(1U));
    CHECK(header.epoch == OwnerEpoch(1U));
    REQUIRE(header.sections.size() == 1);
    CHECK(header.sections[0].from == Offset(0));
    CHECK(header.sections[0].to == Offset(4));
    CHECK(header.sections[0].watermark == Watermark(kDay0 + kMinute - 10'000));
  }
}

TEST_CASE("nothing is written while nothing is read") {
  PipelineFixture fixture(CountByAccount());
  fixture.StartLane(0);
  for (int i = 0; i < 5; ++i) CHECK(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Frames(0).empty());
  fixture.Append(0, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  for (int i = 0; i < 5; ++i) CHECK(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Frames(0).size() == 1);
  CHECK(fixture.Frames(1).size() == 1);
}

TEST_CASE("a lane's sections follow one another without a gap, across a take-over too") {
  PipelineFixture fixture(CountByAccount());
  for (int i = 0; i < 6; ++i) {
    if (i % 2 == 0) fixture.StartLane(0);
    fixture.Append(0, {.time = kDay0 + i});
    REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  }
  const std::vector<Frame> frames = fixture.Frames(1);
  REQUIRE(frames.size() == 6);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i].header.sequence.value() == i + 1);
    CHECK(frames[i].header.epoch.value() == i / 2 + 1);
    CHECK(frames[i].header.sections[0].from == Offset(static_cast<std::int64_t>(i)));
    CHECK(frames[i].header.sections[0].to == Offset(static_cast<std::int64_t>(i + 1)));
  }
  CHECK(fixture.Progress(0).sources[0].counters.records == 6);
}

TEST_CASE("progress says what the frames say, and its CRC is that of the last record") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0 + 5});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const LaneProgress progress = fixture.Progress(0);
  CHECK(progress == fixture.lane(0).committed());
  REQUIRE(progress.sources.size() == 1);
  CHECK(progress.sources[0].position == Offset(1));
  CHECK(progress.sources[0].last_offset == Offset(0));
  CHECK(progress.sources[0].last_crc.has_value());
  CHECK(progress.sources[0].largest == EventTime(kDay0 + 5));
  CHECK(progress.sources[0].counters == fixture.Frames(0)[0].header.sections[0].counters);
}

TEST_CASE("a late record goes to the late topic once, with its bytes, and into no frame") {
  PipelineShape shape = CountByAccount();
  shape.queries += QueryYaml("hourly", "SELECT count(*) AS calls FROM calls GROUP BY tumble('1h')");
  PipelineFixture fixture(shape);
  fixture.Append(0, {.time = kDay0 + 3 * kMinute});
  const Offset late = fixture.Append(0, {.time = kDay0 + 30'000, .account = "late"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const std::vector<DumpedRecord> records = fixture.Committed("voice.late");
  REQUIRE(records.size() == 1);
  CHECK(records[0].value == Encode({.time = kDay0 + 30'000, .account = "late"}));
  CHECK(records[0].key == "key");
  CHECK(HeaderOf(records[0], "tidemark-reason") == "LATE");
  CHECK(HeaderOf(records[0], "tidemark-queries") == "by_account");
  CHECK(HeaderOf(records[0], "tidemark-windows") ==
        "by_account=2026-01-01T00:00:00Z/2026-01-01T00:01:00Z");
  CHECK(HeaderOf(records[0], "tidemark-source") == "calls/0@" + std::to_string(late.value()));
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CheckBalance(counters);
  CHECK(counters.queries[0].late == 1);
  CHECK(counters.queries[0].aggregated == 1);
  CHECK(counters.queries[1].late == 0);
  CHECK(counters.queries[1].aggregated == 2);
}

TEST_CASE("an event that WHERE refuses is filtered and never late") {
  PipelineFixture fixture(
      {.queries = QueryYaml("q",
                            "SELECT count(*) AS calls FROM calls WHERE account_sid = 'a' "
                            "GROUP BY tumble('1m')"),
       .source = ", watermark: {max_out_of_orderness: 0s}"});
  fixture.Append(0, {.time = kDay0 + 3 * kMinute, .account = "a"});
  fixture.Append(0, {.time = kDay0, .account = "other"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Committed("voice.late").empty());
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.queries[0].filtered == 1);
  CHECK(counters.queries[0].aggregated == 1);
  CheckBalance(counters);
}

TEST_CASE("a filtered event moves time") {
  PipelineFixture fixture(
      {.queries = QueryYaml("q",
                            "SELECT count(*) AS calls FROM calls WHERE account_sid = 'a' "
                            "GROUP BY tumble('1m')"),
       .source = ", watermark: {max_out_of_orderness: 0s}"});
  fixture.Append(0, {.time = kDay0 + 3 * kMinute, .account = "other"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Progress(0).sources[0].watermark == Watermark(kDay0 + 3 * kMinute));
}

TEST_CASE("records without event time are dead, tombstones are counted, and neither moves time") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, Encode({.time = 0}), kDay0);
  fixture.Append(0, "", kDay0);
  fixture.Append(0, "\xff\xff\xff", kDay0);
  fixture.Append(0, std::nullopt, kDay0);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceProgress source = fixture.Progress(0).sources[0];
  CHECK(source.watermark == std::nullopt);
  CHECK(source.counters.records == 4);
  CHECK(source.counters.dead_letter == 3);
  CHECK(source.counters.tombstones == 1);
  CHECK(source.counters.events == 0);
  CheckBalance(source.counters);
  const std::vector<DumpedRecord> dead = fixture.Committed("voice.dead-letter");
  REQUIRE(dead.size() == 3);
  CHECK(HeaderOf(dead[0], "tidemark-reason") == "INVALID_EVENT_TIME");
  CHECK(HeaderOf(dead[1], "tidemark-reason") == "INVALID_EVENT_TIME");
  CHECK(HeaderOf(dead[2], "tidemark-reason") == "DECODE_FAILED");
  CHECK(dead[2].value == "\xff\xff\xff");
}

TEST_CASE("an event too far ahead of its record is quarantined and moves nothing") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, Encode({.time = kDay0 + 300'001}), kDay0);
  fixture.Append(0, Encode({.time = kDay0 + 300'000}), kDay0);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceProgress source = fixture.Progress(0).sources[0];
  CHECK(source.counters.quarantined == 1);
  CHECK(source.counters.dead_letter == 1);
  CHECK(source.counters.decoded == 1);
  CHECK(source.largest == EventTime(kDay0));
  const std::vector<DumpedRecord> dead = fixture.Committed("voice.dead-letter");
  REQUIRE(dead.size() == 1);
  CHECK(HeaderOf(dead[0], "tidemark-reason") == "FUTURE_TIMESTAMP");
  CheckBalance(source.counters);
}

TEST_CASE("a key beyond 4096 bytes is filtered for its query alone, with one dead-letter copy") {
  PipelineShape shape = CountByAccount();
  shape.queries += QueryYaml("total", "SELECT count(*) AS calls FROM calls GROUP BY tumble('1m')");
  PipelineFixture fixture(shape);
  // The key is: grouping id 1 byte, tag 1, length 2, text.
  fixture.Append(0, {.time = kDay0, .account = std::string(4'092, 'x')});
  fixture.Append(0, {.time = kDay0, .account = std::string(4'093, 'x')});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.partly_dead == 1);
  CHECK(counters.decoded == 2);
  CHECK(counters.queries[0].aggregated == 1);
  CHECK(counters.queries[0].filtered == 1);
  CHECK(counters.queries[1].aggregated == 2);
  CheckBalance(counters);
  const std::vector<DumpedRecord> dead = fixture.Committed("voice.dead-letter");
  REQUIRE(dead.size() == 1);
  CHECK(HeaderOf(dead[0], "tidemark-reason") == "KEY_TOO_LARGE");
  CHECK(HeaderOf(dead[0], "tidemark-queries") == "by_account");
}

TEST_CASE("a late event whose key is too large is dead for the query and not late") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0 + 10 * kMinute});
  fixture.Append(0, {.time = kDay0, .account = std::string(5'000, 'x')});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Committed("voice.late").empty());
  CHECK(fixture.Committed("voice.dead-letter").size() == 1);
  CHECK(fixture.Progress(0).sources[0].counters.queries[0].late == 0);
  CheckBalance(fixture.Progress(0).sources[0].counters);
}

TEST_CASE(
    "events whose windows all begin before the start are filtered, and withheld windows are never "
    "late") {
  PipelineShape shape{.queries = QueryYaml("q",
                                           "SELECT count(*) AS calls FROM calls "
                                           "GROUP BY hop(size => '2m', slide => '1m')"),
                      .source = ", watermark: {max_out_of_orderness: 0s}"};
  shape.start_time = EventTime(kDay0);
  PipelineFixture fixture(shape);
  fixture.Append(0, {.time = kDay0 - 1});
  fixture.Append(0, {.time = kDay0 + kMinute});
  fixture.Append(0, {.time = kDay0 - 1});       // late for its windows, but they are withheld
  fixture.Append(0, {.time = kDay0 + 30'000});  // only [00:00, 00:02) counts
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.queries[0].filtered == 2);
  CHECK(counters.queries[0].aggregated == 2);
  CHECK(counters.queries[0].partly_late == 0);
  CHECK(counters.queries[0].late == 0);
  CheckBalance(counters);
}

TEST_CASE("a late record too large for its topic becomes a stub") {
  PipelineShape shape = CountByAccount();
  shape.late_topic = {{"max.message.bytes", "2000"}};
  PipelineFixture fixture(shape);
  fixture.Append(0, {.time = kDay0 + 10 * kMinute});
  fixture.Append(0, {.time = kDay0, .account = std::string(3'000, 'x')});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const std::vector<DumpedRecord> late = fixture.Committed("voice.late");
  REQUIRE(late.size() == 1);
  CHECK(HeaderOf(late[0], "tidemark-reason") == "RECORD_TOO_LARGE");
  CHECK(late[0].value.value().find("\"reason\":\"LATE\"") != std::string::npos);
}

TEST_CASE("a full table commits before its interval") {
  PipelineShape shape = CountByAccount();
  shape.options.table_bytes = 10'000;
  shape.options.fetch.records = 100;
  PipelineFixture fixture(shape);
  for (int i = 0; i < 1'000; ++i)
    fixture.Append(0, {.time = kDay0, .account = "account " + std::to_string(i)});
  fixture.StartLane(0);
  while (fixture.StepLane(0).outcome == StepOutcome::kWorked) {
  }
  CHECK(fixture.Frames(0).size() >= 5);
}

TEST_CASE("a lane commits less often when the pipeline would write more frames than the budget") {
  PipelineShape shape = CountByAccount();
  shape.options.frame_budget = 4;  // two frames a commit: every 500 ms
  PipelineFixture fixture(shape);
  REQUIRE(fixture.context().lanes() * fixture.context().merges() == 2);
  fixture.Append(0, {.time = kDay0});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Frames(0).empty());
  fixture.Advance(Duration(500) - shape.options.commit_interval);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Frames(0).size() == 1);
}

TEST_CASE("draining commits what was read at once and reads nothing more") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0});
  fixture.StartLane(0);
  REQUIRE(fixture.StepLane(0).outcome == StepOutcome::kWorked);
  fixture.lane(0).Drain();
  CHECK_FALSE(fixture.lane(0).Drained());
  fixture.Append(0, {.time = kDay0});
  while (fixture.StepLane(0).outcome == StepOutcome::kWorked) {
  }
  CHECK(fixture.lane(0).Drained());
  CHECK(fixture.Progress(0).sources[0].position == Offset(1));
}

TEST_CASE("a frame beyond 900 KiB is split into parts that repeat the sections") {
  PipelineShape shape = CountByAccount();
  shape.merges = 1;
  PipelineFixture fixture(shape);
  for (int i = 0; i < 1'000; ++i) {
    fixture.Append(0, {.time = kDay0, .account = std::to_string(i) + std::string(1'500, 'x')});
  }
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const std::vector<Frame> parts = fixture.Frames(0);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].header.sections == parts[1].header.sections);
  CHECK(parts[0].header.parts == 2);
  CHECK(parts[0].cells.size() + parts[1].cells.size() == 1'000);
}

TEST_CASE("a deleted log start halts with DATA_LOSS, or is skipped and counted as lost") {
  PipelineShape shape = CountByAccount();
  for (int skip = 0; skip < 2; ++skip) {
    if (skip == 1) shape.options.data_loss = SourceTaskOptions::DataLoss::kSkip;
    PipelineFixture fixture(shape);
    for (int i = 0; i < 10; ++i) fixture.Append(0, {.time = kDay0});
    REQUIRE(fixture.client()
                .NewAdmin()
                ->DeleteRecords(fixture.Input(0), Offset(4), Duration(1'000))
                .ok());
    fixture.StartLane(0);
    const StepResult result = fixture.RunLane(0);
    if (skip == 0) {
      CHECK(result.outcome == StepOutcome::kHalted);
      CHECK(result.reason.find("DATA_LOSS: calls/0") != std::string::npos);
      CHECK(fixture.lane(0).Status().sources[0].state == SourceState::kDataLoss);
      CHECK(fixture.Frames(0).empty());
      continue;
    }
    REQUIRE(result.outcome == StepOutcome::kIdle);
    const std::vector<Frame> frames = fixture.Frames(0);
    REQUIRE(!frames.empty());
    CHECK(frames[0].header.sections[0].flags == kSectionSkip);
    CHECK(frames[0].header.sections[0].from == Offset(0));
    CHECK(fixture.Progress(0).sources[0].counters.lost == 4);
    CHECK(fixture.Progress(0).sources[0].counters.records == 6);
  }
}

TEST_CASE("an input topic that was made anew is noticed by the CRC of the last record") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0, .account = "old"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const auto admin = fixture.client().NewAdmin();
  REQUIRE(admin->DeleteTopic("calls", Duration(1'000)).ok());
  REQUIRE(
      admin->CreateTopic({.name = "calls", .partitions = 1, .configs = {}}, Duration(1'000)).ok());
  fixture.Append(0, {.time = kDay0, .account = "new"});
  fixture.StartLane(0);
  const StepResult result = fixture.RunLane(0);
  CHECK(result.outcome == StepOutcome::kHalted);
  CHECK(result.reason.find("INPUT_REPLACED: calls/0") != std::string::npos);
}

TEST_CASE("an input topic that was made anew and is still empty is noticed too") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0, .account = "old"});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const auto admin = fixture.client().NewAdmin();
  REQUIRE(admin->DeleteTopic("calls", Duration(1'000)).ok());
  REQUIRE(
      admin->CreateTopic({.name = "calls", .partitions = 1, .configs = {}}, Duration(1'000)).ok());
  fixture.StartLane(0);
  CHECK(fixture.RunLane(0).outcome == StepOutcome::kHalted);
}

TEST_CASE("a last record that is gone from the log gives no verdict") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Append(0, {.time = kDay0});
  REQUIRE(fixture.client()
              .NewAdmin()
              ->DeleteRecords(fixture.Input(0), Offset(1), Duration(1'000))
              .ok());
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Progress(0).sources[0].position == Offset(2));
}

TEST_CASE("a fenced lane rewinds and writes nothing") {
  PipelineFixture fixture(CountByAccount());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  const auto other = fixture.client().NewProducer(
      {.transactional_id = fixture.context().names.TransactionalId(TaskId::Of(Lane(0U)))});
  REQUIRE(other->InitTransactions(Duration(1'000)).ok());
  const StepResult result = fixture.RunLane(0);
  CHECK(result.outcome == StepOutcome::kRewind);
  CHECK(fixture.StepLane(0).outcome == StepOutcome::kRewind);
  CHECK(fixture.Frames(0).empty());
}

TEST_CASE("a missing late topic halts and is named") {
  PipelineFixture fixture(CountByAccount());
  REQUIRE(fixture.client().NewAdmin()->DeleteTopic("voice.late", Duration(1'000)).ok());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0 + 10 * kMinute});
  fixture.Append(0, {.time = kDay0});
  const StepResult result = fixture.RunLane(0);
  CHECK(result.outcome == StepOutcome::kHalted);
  CHECK(result.reason.find("voice.late") != std::string::npos);
}

TEST_CASE("reading stops while a merge is too far behind, and goes on once it has caught up") {
  PipelineShape shape = CountByAccount();
  shape.options.max_shuffle_backlog_frames = 2;
  PipelineFixture fixture(shape);
  fixture.StartLane(0);
  for (int i = 0; i < 5; ++i) {
    fixture.Append(0, {.time = kDay0});
    fixture.Advance(Duration(1'000));
    REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  }
  const std::size_t frames = fixture.Frames(0).size();
  CHECK(frames < 5);
  CHECK(fixture.lane(0).Status().backpressured_by.has_value());
  CHECK(fixture.lane(0).Status().sources[0].state == SourceState::kBackpressured);
  for (std::uint32_t d = 0; d < 2; ++d) {
    fixture.board().merges[ShufflePartition(d)].commit_point.next_frame =
        Offset(static_cast<std::int64_t>(2 * frames));
  }
  fixture.Advance(Duration(1'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Progress(0).sources[0].position == Offset(5));
  CHECK_FALSE(fixture.lane(0).Status().backpressured_by.has_value());
}

TEST_CASE("a lane that writes nothing does not ask how far behind the merges are") {
  PipelineFixture fixture(CountByAccount());
  fixture.StartLane(0);
  fixture.Append(0, {.time = kDay0});
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  fixture.Advance(Duration(1'000));
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CountCalls ends(LogCallKind::kEnds);
  fixture.client().SetFaults(&ends);
  for (int i = 0; i < 500; ++i) {
    fixture.Advance(Duration(10));
    REQUIRE(fixture.StepLane(0).outcome == StepOutcome::kIdle);
  }
  // Its own partition's, for the lag.
  CHECK(ends.count <= 6);
  fixture.client().SetFaults(nullptr);
}

TEST_CASE("group offsets for lag tools follow the commits") {
  PipelineFixture fixture(CountByAccount());
  fixture.Append(0, {.time = kDay0});
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const auto admin = fixture.client().NewAdmin();
  const auto offsets = admin->CommittedOffsets(fixture.context().names.Prefix(), Duration(1'000));
  REQUIRE(offsets.ok());
  CHECK(offsets.value->at(fixture.Input(0)).offset == Offset(1));
}

}  // namespace
}  // namespace tidemark
