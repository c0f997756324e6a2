#include "shuffle/progress.h"

#include <catch2/catch.hpp>

#include "base/tests/format_example.h"
#include "shuffle/tests/arbitrary.h"

namespace tidemark {
namespace {

SourceProgress AnySource(SourceOrdinal source) {
  SourceProgress progress{.source = source,
                          .position = Offset(static_cast<std::int64_t>(AnyCount()))};
  progress.watermark = AnyWatermark();
  if (Any<bool>()) progress.largest = EventTime(Any<std::int64_t>());
  progress.idle = Any<bool>();
  if (Any<bool>()) progress.last_crc = Any<std::uint32_t>();
  if (Any<bool>()) progress.last_offset = Offset(static_cast<std::int64_t>(AnyCount()));
  progress.counters = AnyCounters();
  return progress;
}

LaneProgress AnyLane() {
  LaneProgress progress{.incarnation = AnyIncarnation(),
                        .epoch = OwnerEpoch(Any<std::uint64_t>()),
                        .plan_version = PlanVersion(Any<std::uint64_t>()),
                        .sequence = LaneSequence(Any<std::uint64_t>()),
                        .sources = {}};
  for (const std::uint32_t source : AnyAscending())
    progress.sources.push_back(AnySource(SourceOrdinal(source)));
  return progress;
}

Savepoint AnySavepoint() {
  Savepoint savepoint;
  savepoint.next_frame = Offset(static_cast<std::int64_t>(AnyCount()));
  savepoint.plan_version = PlanVersion(Any<std::uint64_t>());
  for (const std::uint32_t source : AnyAscending()) {
    savepoint.sources.push_back({.source = SourceOrdinal(source),
                                 .to = Offset(static_cast<std::int64_t>(AnyCount())),
                                 .sequence = LaneSequence(Any<std::uint64_t>()),
                                 .watermark = AnyWatermark()});
  }
  savepoint.lane_epochs = Any<std::map<std::uint32_t, std::uint64_t>>();
  savepoint.combined = AnyWatermark();
  savepoint.largest_append_time = Any<std::int64_t>();
  for (const std::uint32_t instance : AnyAscending()) {
    savepoint.counts[InstanceId(instance)] = {AnyCount(), AnyCount(), AnyCount()};
  }
  return savepoint;
}

MergeProgress AnyMerge() {
  MergeProgress progress{.incarnation = AnyIncarnation(),
                         .epoch = OwnerEpoch(Any<std::uint64_t>()),
                         .commit_point = AnySavepoint(),
                         .replay_point = AnySavepoint(),
                         .cursor = std::nullopt};
  if (Any<bool>()) {
    progress.cursor = ClosingCursor{.trigger_time = Any<std::int64_t>(),
                                    .instance = InstanceId(Any<std::uint32_t>()),
                                    .window_end = Any<std::int64_t>(),
                                    .key_hash = Any<std::uint64_t>(),
                                    .key = Any<std::string>()};
  }
  return progress;
}

TEST_CASE("lane progress returns what was written") {
  CHECK(rc::check([] {
    const LaneProgress progress = AnyLane();
    const auto read = DecodeLaneProgress(EncodeProgress(progress));
    RC_ASSERT(read.ok());
    RC_ASSERT(*read == progress);
    RC_ASSERT(DecodeProgressEpoch(EncodeProgress(progress)).value() == progress.epoch);
  }));
}

TEST_CASE("merge progress returns what was written") {
  CHECK(rc::check([] {
    const MergeProgress progress = AnyMerge();
    const auto read = DecodeMergeProgress(EncodeProgress(progress));
    RC_ASSERT(read.ok());
    RC_ASSERT(*read == progress);
    RC_ASSERT(DecodeProgressEpoch(EncodeProgress(progress)).value() == progress.epoch);
  }));
}

TEST_CASE("a watermark of zero is not the same as none") {
  LaneProgress progress;
  progress.sources.push_back(
      {.source = SourceOrdinal(0U), .watermark = Watermark(0), .counters = {}});
  CHECK(DecodeLaneProgress(EncodeProgress(progress))->sources[0].watermark == Watermark(0));
  progress.sources[0].watermark.reset();
  CHECK_FALSE(DecodeLaneProgress(EncodeProgress(progress))->sources[0].watermark.has_value());
}

TEST_CASE("one kind of progress is not read as the other") {
  CHECK(DecodeMergeProgress(EncodeProgress(LaneProgress{})).status().code() ==
        StatusCode::kDataLoss);
  CHECK(DecodeLaneProgress(EncodeProgress(MergeProgress{})).status().code() ==
        StatusCode::kDataLoss);
  std::string other = EncodeProgress(LaneProgress{});
  other[2] = 16;
  CHECK(DecodeProgressEpoch(other).status().code() == StatusCode::kDataLoss);
}

TEST_CASE("progress of a newer version is refused with what to do") {
  std::string newer = EncodeProgress(LaneProgress{});
  newer[3] = 2;
  for (const Status& status :
       {DecodeLaneProgress(newer).status(), DecodeProgressEpoch(newer).status()}) {
    CHECK(status.code() == StatusCode::kFailedPrecondition);
    CHECK(status.message() ==
          "progress format version 2 is newer than this program, which reads up to 1: upgrade the "
          "workers");
  }
}

TEST_CASE("lists out of order, negative offsets and bad incarnations are refused") {
  LaneProgress twice;
  twice.sources = {{.source = SourceOrdinal(1U), .counters = {}},
                   {.source = SourceOrdinal(1U), .counters = {}}};
  CHECK_FALSE(DecodeLaneProgress(EncodeProgress(twice)).ok());
  LaneProgress negative;
  negative.sources = {{.source = SourceOrdinal(1U), .position = Offset(-1), .counters = {}}};
  CHECK_FALSE(DecodeLaneProgress(EncodeProgress(negative)).ok());
  std::string incarnation = EncodeProgress(LaneProgress{});
  incarnation[6] = 'A';
  CHECK_FALSE(DecodeLaneProgress(incarnation).ok());
}

TEST_CASE("damaged progress is read or refused, never over-read") {
  CHECK(rc::check([] {
    const ExactCopy lane(Damaged(EncodeProgress(AnyLane())));
    const ExactCopy merge(Damaged(EncodeProgress(AnyMerge())));
    RC_CLASSIFY(DecodeLaneProgress(lane.view()).ok(), "lane still readable");
    RC_CLASSIFY(DecodeMergeProgress(merge.view()).ok(), "merge still readable");
  }));
  for (std::size_t size = 0; size < 4; ++size) {
    const std::string truncated = EncodeProgress(LaneProgress{}).substr(0, size);
    CHECK(DecodeProgressEpoch(truncated).status().code() == StatusCode::kDataLoss);
  }
}

LaneProgress ExampleLane() {
  LaneProgress lane{.incarnation = Incarnation::Parse("k3v9x0ab").value(),
                    .epoch = OwnerEpoch(5U),
                    .plan_version = PlanVersion(1U),
                    .sequence = LaneSequence(300U),
                    .sources = {}};
  lane.sources.push_back({.source = SourceOrdinal(1U),
                          .position = Offset(1'010),
                          .watermark = Watermark(1'764'064'800'000),
                          .largest = EventTime(1'764'064'830'000),
                          .idle = false,
                          .last_crc = 0x12345678U,
                          .last_offset = Offset(1'009),
                          .counters = {.records = 1'010,
                                       .decoded = 1'007,
                                       .events = 1'007,
                                       .dead_letter = 2,
                                       .quarantined = 1,
                                       .partly_dead = 0,
                                       .tombstones = 1,
                                       .lost = 0,
                                       .queries = {{.instance = InstanceId(1U),
                                                    .aggregated = 990,
                                                    .filtered = 10,
                                                    .late = 7,
                                                    .partly_late = 3,
                                                    .late_while_open = 2}}}});
  lane.sources.push_back(
      {.source = SourceOrdinal(3U), .position = Offset(40), .idle = true, .counters = {}});
  return lane;
}

MergeProgress ExampleMerge() {
  MergeProgress merge{.incarnation = Incarnation::Parse("k3v9x0ab").value(),
                      .epoch = OwnerEpoch(2U),
                      .commit_point = {},
                      .replay_point = {},
                      .cursor = ClosingCursor{.trigger_time = 1'764'064'800'000,
                                              .instance = InstanceId(1U),
                                              .window_end = 1'764'064'800'000,
                                              .key_hash = 0x0102030405060708ULL,
                                              .key = std::string("\0\x05\x02US", 5)}};
  merge.replay_point.next_frame = Offset(100);
  merge.commit_point.next_frame = Offset(250);
  merge.commit_point.sources = {{.source = SourceOrdinal(1U),
                                 .to = Offset(1'010),
                                 .sequence = LaneSequence(300U),
                                 .watermark = Watermark(1'764'064'800'000)}};
  merge.commit_point.lane_epochs = {{1U, 5U}};
  merge.commit_point.combined = Watermark(1'764'064'800'000);
  merge.commit_point.largest_append_time = 1'764'064'831'000;
  merge.commit_point.counts[InstanceId(1U)] = {.received = 990, .settled = 900, .rows = 12};
  return merge;
}

TEST_CASE("the examples of docs/formats/progress.md are what they say") {
  const std::string lane = FormatExample("docs/formats/progress.md", 0);
  CHECK(ToHex(EncodeProgress(ExampleLane())) == ToHex(lane));
  CHECK(DecodeLaneProgress(lane).value() == ExampleLane());
  const std::string merge = FormatExample("docs/formats/progress.md", 1);
  CHECK(ToHex(EncodeProgress(ExampleMerge())) == ToHex(merge));
  CHECK(DecodeMergeProgress(merge).value() == ExampleMerge());
}

}  // namespace
}  // namespace tidemark
