#include "task/replay.h"

#include <catch2/catch.hpp>

#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using Catch::Contains;

constexpr InstanceId kQuery{1U};

Savepoint At(std::int64_t frame, InstanceCounts counts) {
  Savepoint savepoint;
  savepoint.next_frame = Offset(frame);
  savepoint.counts[kQuery] = counts;
  return savepoint;
}

MergeProgress Progress(std::int64_t replay, std::int64_t commit) {
  MergeProgress progress;
  progress.incarnation = merge_fixture::TestIncarnation();
  progress.replay_point = At(replay, {50, 20, 5});
  progress.commit_point = At(commit, {90, 60, 9});
  return progress;
}

TEST_CASE("a mark between the replay point and the commit point is restored, counts and all") {
  for (const std::int64_t at : {10, 15, 20}) {
    MergeProgress mark = Progress(5, at);
    const RestorePlan plan = DecideRestore(mark, Progress(10, 20));
    CHECK(plan.from_mark);
    CHECK(plan.from == mark.commit_point);
  }
}

TEST_CASE(
    "without a usable mark the replay begins at the replay point, everything received settled") {
  const auto why = [](const std::optional<MergeProgress>& mark, const MergeProgress& progress) {
    const RestorePlan plan = DecideRestore(mark, progress);
    CHECK_FALSE(plan.from_mark);
    CHECK(plan.from.next_frame == progress.replay_point.next_frame);
    CHECK(plan.from.counts.at(kQuery).settled == 50);
    CHECK(plan.from.counts.at(kQuery).received == 50);
    return plan.why_not_mark;
  };
  const MergeProgress progress = Progress(10, 20);
  CHECK(why(std::nullopt, progress) == "");
  CHECK_THAT(why(Progress(5, 21), progress), Contains("beyond the commit point"));
  CHECK_THAT(why(Progress(5, 9), progress), Contains("before the replay point"));
  MergeProgress other = Progress(5, 15);
  other.incarnation = *Incarnation::Parse("zzzzzzzz");
  CHECK_THAT(why(other, progress), Contains("incarnation"));
  other = Progress(5, 15);
  other.commit_point.plan_version = PlanVersion(std::uint64_t{2});
  CHECK_THAT(why(other, progress), Contains("plan version"));
  MergeProgress cut = progress;
  cut.cursor = ClosingCursor{};
  CHECK_THAT(why(Progress(5, 20), cut), Contains("beyond the commit point's closing"));
}

TEST_CASE("the recomputed savepoint must equal the recorded one in everything but rows") {
  const Savepoint recorded = At(20, {90, 60, 9});
  CHECK_FALSE(Difference(recorded, At(20, {90, 60, 0})).has_value());
  CHECK_THAT(*Difference(recorded, At(20, {90, 61, 9})),
             Contains("settled 61") && Contains("settled 60"));
  CHECK(Difference(recorded, At(20, {91, 60, 9})).has_value());
  CHECK(Difference(recorded, At(21, {90, 60, 9})).has_value());
  Savepoint other = recorded;
  other.combined = Watermark(std::int64_t{1});
  CHECK_THAT(*Difference(recorded, other), Contains("watermark"));
  other = recorded;
  other.sources.push_back(
      {SourceOrdinal(0U), Offset(std::int64_t{1}), LaneSequence(std::uint64_t{1}), std::nullopt});
  CHECK_THAT(*Difference(recorded, other), Contains("sources"));
  other = recorded;
  other.lane_epochs[0] = 1;
  CHECK_THAT(*Difference(recorded, other), Contains("owner epochs"));
  other = recorded;
  other.largest_append_time = 7;
  CHECK_THAT(*Difference(recorded, other), Contains("append time"));
  other = recorded;
  other.plan_version = PlanVersion(std::uint64_t{9});
  CHECK_THAT(*Difference(recorded, other), Contains("plan version"));
}

}  // namespace
}  // namespace tidemark
