#include "task/frame_ledger.h"

#include <catch2/catch.hpp>

#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using merge_fixture::HeaderOf;
using merge_fixture::SectionOf;

constexpr std::int64_t kT = merge_fixture::kDay0;

// Two lanes over three sources: lane 0 owns 0 and 2, lane 1 owns 1.
FrameLedger TwoLanes() {
  return FrameLedger({.incarnation = merge_fixture::TestIncarnation(), .lanes = 2, .sources = 3});
}

FrameHeader Lane0(std::uint64_t sequence, std::int64_t from, std::int64_t to,
                  std::int64_t watermark) {
  return HeaderOf(0, sequence,
                  {SectionOf(0, from, to, watermark), SectionOf(2, from, to, watermark)});
}
FrameHeader Lane1(std::uint64_t sequence, std::int64_t from, std::int64_t to,
                  std::int64_t watermark) {
  return HeaderOf(1, sequence, {SectionOf(1, from, to, watermark)});
}

void Take(FrameLedger& ledger, const FrameHeader& header) {
  const FrameDecision decision = ledger.Judge(header);
  REQUIRE(decision.alarm == "");
  REQUIRE(decision.verdict == FrameVerdict::kApply);
  ledger.Apply(header);
}

std::string AlarmOf(const FrameLedger& ledger, const FrameHeader& header) {
  const FrameDecision decision = ledger.Judge(header);
  REQUIRE(decision.verdict == FrameVerdict::kHalt);
  return decision.alarm;
}

using Catch::Contains;

TEST_CASE("there is no combined watermark until every source has one, then it is their minimum") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 5, 9, kT + 50));
  CHECK_FALSE(ledger.combined().has_value());
  Take(ledger, HeaderOf(1, 1, {SectionOf(1, 0, 4, std::nullopt)}));
  CHECK_FALSE(ledger.combined().has_value());
  Take(ledger, Lane1(2, 4, 4, kT + 20));
  CHECK(ledger.combined() == Watermark(kT + 20));
  Take(ledger, Lane1(3, 4, 8, kT + 70));
  CHECK(ledger.combined() == Watermark(kT + 50));
}

TEST_CASE("a missing frame, a lower sequence and one far ahead halt with everything named") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 5, 9, kT));
  Take(ledger, Lane0(2, 9, 12, kT));
  for (const std::uint64_t sequence : {0ULL, 1ULL, 4ULL, 100ULL}) {
    const std::string alarm = AlarmOf(ledger, Lane0(sequence, 12, 14, kT));
    CHECK_THAT(alarm, Contains("not the next one"));
    CHECK_THAT(alarm, Contains("lane 0, sequence " + std::to_string(sequence)));
    CHECK_THAT(alarm, Contains("last applied: sequence 2, owner epoch 1"));
    CHECK_THAT(alarm, Contains("source 0 [12, 14) after 12"));
  }
}

TEST_CASE("only exactly the last frame again is a duplicate") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 5, 9, kT));
  Take(ledger, Lane0(2, 9, 12, kT + 5));
  CHECK(ledger.Judge(Lane0(2, 9, 12, kT + 5)).verdict == FrameVerdict::kDuplicate);
  // A torn transaction: the sequence of the last frame with other content.
  CHECK(ledger.Judge(Lane0(2, 9, 13, kT + 5)).verdict == FrameVerdict::kHalt);
  CHECK(ledger.Judge(Lane0(2, 12, 12, kT + 5)).verdict == FrameVerdict::kHalt);
  CHECK(ledger.Judge(Lane0(2, 9, 12, kT + 6)).verdict == FrameVerdict::kHalt);
  FrameHeader counters = Lane0(2, 9, 12, kT + 5);
  counters.sections[1].counters.records = 1;
  CHECK(ledger.Judge(counters).verdict == FrameVerdict::kHalt);
  CHECK(ledger.Judge(Lane0(1, 5, 9, kT)).verdict == FrameVerdict::kHalt);
}

TEST_CASE("a position that leaves a gap or overlaps halts") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 5, 9, kT));
  CHECK_THAT(AlarmOf(ledger, Lane0(2, 10, 12, kT)), Contains("source 0 continues at 10, not at 9"));
  CHECK_THAT(AlarmOf(ledger, Lane0(2, 8, 12, kT)), Contains("source 0 continues at 8, not at 9"));
  FrameHeader second = Lane0(2, 9, 12, kT);
  second.sections[1].from = Offset(std::int64_t{10});
  CHECK_THAT(AlarmOf(ledger, second), Contains("source 2 continues at 10"));
  CHECK_THAT(AlarmOf(ledger, Lane0(2, 9, 8, kT)), Contains("goes back"));
  Take(ledger, Lane0(2, 9, 9, kT));
}

TEST_CASE("a frame of an older owner epoch halts, a newer epoch stays") {
  FrameLedger ledger = TwoLanes();
  FrameHeader header = Lane0(1, 5, 9, kT);
  header.epoch = OwnerEpoch(std::uint64_t{4});
  Take(ledger, header);
  header = Lane0(2, 9, 12, kT);
  header.epoch = OwnerEpoch(std::uint64_t{3});
  CHECK_THAT(AlarmOf(ledger, header), Contains("owner epoch 3"));
  header.epoch = OwnerEpoch(std::uint64_t{5});
  Take(ledger, header);
  CHECK(ledger.Snapshot().lane_epochs.at(0) == 5);
}

TEST_CASE("a watermark that goes back or vanishes halts") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane1(1, 0, 4, kT));
  CHECK_THAT(AlarmOf(ledger, Lane1(2, 4, 5, kT - 1)),
             Contains("the watermark of source 1 goes back"));
  CHECK(ledger.Judge(HeaderOf(1, 2, {SectionOf(1, 4, 5, std::nullopt)})).verdict ==
        FrameVerdict::kHalt);
}

TEST_CASE("frames of another incarnation, plan, lane or source set halt") {
  FrameLedger ledger = TwoLanes();
  FrameHeader header = Lane1(1, 0, 4, kT);
  header.incarnation = *Incarnation::Parse("zzzzzzzz");
  CHECK_THAT(AlarmOf(ledger, header), Contains("incarnation"));
  header = Lane1(1, 0, 4, kT);
  header.plan_version = PlanVersion(std::uint64_t{2});
  CHECK_THAT(AlarmOf(ledger, header), Contains("plan version 2"));
  CHECK_THAT(AlarmOf(ledger, HeaderOf(2, 1, {SectionOf(2, 0, 1, kT)})), Contains("only 2 lanes"));
  CHECK_THAT(AlarmOf(ledger, HeaderOf(0, 1, {SectionOf(0, 0, 1, kT)})),
             Contains("sources of its lane"));
  CHECK_THAT(AlarmOf(ledger, HeaderOf(1, 1, {SectionOf(0, 0, 1, kT)})),
             Contains("sources of its lane"));
  CHECK_THAT(AlarmOf(ledger, HeaderOf(1, 1, {SectionOf(1, 0, 1, kT), SectionOf(3, 0, 1, kT)})),
             Contains("sources of its lane"));
  CHECK_THAT(AlarmOf(ledger, HeaderOf(1, 1, {})), Contains("sources of its lane"));
}

FrameHeader Part(FrameHeader header, std::uint32_t part, std::uint32_t parts) {
  header.part = part;
  header.parts = parts;
  return header;
}

TEST_CASE("sections take effect with the last part, and parts of different lanes may interleave") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 0, 1, kT));
  Take(ledger, Lane1(1, 0, 1, kT));
  const FrameHeader first = Lane0(2, 1, 9, kT + 90);
  const FrameHeader second = Lane1(2, 1, 9, kT + 80);
  CHECK_FALSE(ledger.Apply(Part(first, 0, 3)));
  CHECK(ledger.between_parts());
  CHECK(ledger.Judge(Part(second, 0, 2)).verdict == FrameVerdict::kApply);
  ledger.Apply(Part(second, 0, 2));
  Take(ledger, Part(first, 1, 3));
  CHECK(ledger.combined() == Watermark(kT));
  Take(ledger, Part(second, 1, 2));
  CHECK(ledger.between_parts());
  CHECK(ledger.combined() == Watermark(kT));
  Take(ledger, Part(first, 2, 3));
  CHECK_FALSE(ledger.between_parts());
  CHECK(ledger.combined() == Watermark(kT + 80));
}

TEST_CASE("a torn frame halts: a part missing, repeated, or followed by another frame") {
  FrameLedger ledger = TwoLanes();
  const FrameHeader frame = Lane0(1, 0, 9, kT);
  CHECK_THAT(AlarmOf(ledger, Part(frame, 1, 3)), Contains("part 0 is expected"));
  ledger.Apply(Part(frame, 0, 3));
  CHECK_THAT(AlarmOf(ledger, Part(frame, 0, 3)), Contains("part 1 is expected"));
  CHECK_THAT(AlarmOf(ledger, Part(frame, 2, 3)), Contains("part 1 is expected"));
  CHECK_THAT(AlarmOf(ledger, Part(frame, 1, 4)), Contains("parts disagree"));
  CHECK_THAT(AlarmOf(ledger, Part(Lane0(1, 0, 8, kT), 1, 3)),
             Contains("sections of its parts disagree"));
  FrameHeader other = Part(frame, 1, 3);
  other.epoch = OwnerEpoch(std::uint64_t{2});
  CHECK_THAT(AlarmOf(ledger, other), Contains("parts disagree"));
  CHECK(ledger.Judge(Lane0(2, 9, 10, kT)).verdict == FrameVerdict::kHalt);
  CHECK(ledger.Judge(Part(frame, 3, 3)).verdict == FrameVerdict::kHalt);
  CHECK(ledger.Judge(Part(frame, 1, 3)).verdict == FrameVerdict::kApply);
}

TEST_CASE("a whole frame in parts is a duplicate part by part") {
  FrameLedger ledger = TwoLanes();
  const FrameHeader frame = Lane0(1, 0, 9, kT);
  Take(ledger, Part(frame, 0, 2));
  Take(ledger, Part(frame, 1, 2));
  CHECK(ledger.Judge(Part(frame, 0, 2)).verdict == FrameVerdict::kDuplicate);
  CHECK(ledger.Judge(Part(frame, 1, 2)).verdict == FrameVerdict::kDuplicate);
}

TEST_CASE("a restored ledger judges as the one it was taken from") {
  FrameLedger ledger = TwoLanes();
  Take(ledger, Lane0(1, 5, 9, kT + 50));
  Take(ledger, Lane1(1, 0, 4, kT + 20));
  ledger.Pass(Offset(std::int64_t{7}), 1'000);
  ledger.Pass(Offset(std::int64_t{9}), 900);
  FrameLedger restored = TwoLanes();
  restored.Restore(ledger.Snapshot());
  CHECK(restored.Snapshot() == ledger.Snapshot());
  CHECK(restored.next_frame() == Offset(std::int64_t{10}));
  CHECK(restored.Snapshot().largest_append_time == 1'000);
  CHECK(restored.combined() == Watermark(kT + 20));
  CHECK(restored.Judge(Lane0(1, 5, 9, kT + 50)).verdict == FrameVerdict::kDuplicate);
  CHECK(restored.Judge(Lane0(1, 5, 9, kT + 51)).verdict == FrameVerdict::kHalt);
  CHECK(restored.Judge(Lane0(2, 10, 11, kT + 50)).verdict == FrameVerdict::kHalt);
  CHECK(restored.Judge(Lane0(2, 9, 11, kT + 50)).verdict == FrameVerdict::kApply);
}

}  // namespace
}  // namespace tidemark
