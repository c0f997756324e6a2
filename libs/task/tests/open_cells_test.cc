#include "task/open_cells.h"

#include <catch2/catch.hpp>

#include "state/memory_cell_store.h"
#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using Catch::Contains;
using merge_fixture::CountAndSum;
using merge_fixture::Hop;
using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_fixture::Tumble;

constexpr InstanceId kQuery{1U};

struct World {
  explicit World(QueryPlan query, std::uint32_t merges = 1) : merges_(merges) {
    plan.queries.push_back(std::move(query));
    queries = MergeQueriesOf(plan, std::nullopt);
  }
  Status Merge(const Partial& partial, std::int64_t frame = 0,
               std::optional<Watermark> combined = std::nullopt) {
    const auto bytes = merge_fixture::FrameOf(plan, merge_fixture::HeaderOf(0, 1, {}), {partial});
    auto reader = FrameReader::Open(bytes[0]);
    const auto block = reader->NextBlock();
    return cells().MergeBlock(**block, *reader, Offset(frame), combined);
  }
  OpenCells& cells() {
    if (!cells_)
      cells_.emplace(queries, ShufflePartition(0U), merges_, OpenCells::Track::kDirtyCells);
    return *cells_;
  }

  PipelinePlan plan;
  MergeQueries queries;
  std::uint32_t merges_;
  std::optional<OpenCells> cells_;
};

Partial P(std::int64_t slice_end, std::int64_t tag, std::string account, std::size_t events = 1) {
  return {kQuery, kDay0 + slice_end, tag == 0 ? 0 : kDay0 + tag, std::move(account),
          std::vector<std::int64_t>(events, 7)};
}

TEST_CASE("a partial for a fired trigger is refused, one for the next trigger is not") {
  World world(CountAndSum("q", 1, Tumble(kMinute), kMinute));
  const Watermark combined(kDay0 + kMinute);
  CHECK_THAT(world.Merge(P(kMinute, 0, "a"), 0, combined).message(), Contains("which has fired"));
  CHECK(world.Merge(P(kMinute, 0, "a"), 0, Watermark(kDay0 + kMinute - 1)).ok());
  CHECK(world.Merge(P(kMinute, kMinute, "a"), 0, combined).ok());
  CHECK(world.Merge(P(2 * kMinute, 0, "a"), 0, combined).ok());
}

TEST_CASE("a partial that no trigger would take is refused") {
  World world(CountAndSum("q", 1, Tumble(kMinute), kMinute));
  CHECK_THAT(world.Merge(P(kMinute, 2 * kMinute, "a")).message(),
             Contains("after its last trigger"));
}

TEST_CASE("for hop windows the first trigger after the tag decides") {
  World world(CountAndSum("q", 1, Hop(3 * kMinute, kMinute), 0));
  const Watermark combined(kDay0 + 2 * kMinute);
  CHECK_FALSE(world.Merge(P(kMinute, 0, "a"), 0, combined).ok());
  CHECK_FALSE(world.Merge(P(kMinute, kMinute, "a"), 0, combined).ok());
  CHECK(world.Merge(P(kMinute, 2 * kMinute, "a"), 0, combined).ok());
}

TEST_CASE("a slice off the grid, an unknown query and a key of another partition are refused") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0), 2);
  CHECK_THAT(world.Merge(P(kMinute + 1, 0, "a")).message(), Contains("on no slice"));
  std::size_t refused = 0;
  for (const char* account : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    const bool ours =
        ShufflePartitionOf(Hash64(merge_fixture::KeyOf(account)), 2) == ShufflePartition(0U);
    CHECK(world.Merge(P(kMinute, 0, account)).ok() == ours);
    refused += ours ? 0 : 1;
  }
  CHECK(refused > 0);
  CHECK(refused < 8);
  BlockHeader block{.instance = InstanceId(9U), .slice_end = kDay0 + kMinute, .cells = 1};
  const auto bytes = merge_fixture::FrameOf(world.plan, merge_fixture::HeaderOf(0, 1, {}), {});
  auto reader = FrameReader::Open(bytes[0]);
  CHECK_THAT(
      world.cells().MergeBlock(block, *reader, Offset(std::int64_t{0}), std::nullopt).message(),
      Contains("instance 9"));
}

TEST_CASE("received is settled plus open, and settling waits for the slice's last window") {
  World world(CountAndSum("q", 1, Hop(2 * kMinute, kMinute), 0));
  REQUIRE(world.Merge(P(kMinute, 0, "a", 3)).ok());
  REQUIRE(world.Merge(P(2 * kMinute, 0, "a", 4)).ok());
  CHECK(world.cells().counts().at(kQuery) == InstanceCounts{7, 0, 0});
  world.cells().SettleThrough(Watermark(kDay0 + 2 * kMinute - 1));
  CHECK(world.cells().counts().at(kQuery).settled == 0);
  world.cells().SettleThrough(Watermark(kDay0 + 2 * kMinute));
  CHECK(world.cells().counts().at(kQuery) == InstanceCounts{7, 3, 0});
  CHECK(world.cells().open().size() == 1);
  const std::size_t before = world.cells().bytes();
  CHECK(world.cells().DropSettled() == std::vector<SliceId>{{kQuery, kDay0 + kMinute}});
  CHECK(world.cells().bytes() < before);
  CHECK(world.cells().DropSettled().empty());
}

TEST_CASE("settling before a trigger leaves the slices of that trigger open") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0));
  REQUIRE(world.Merge(P(kMinute, 0, "a")).ok());
  REQUIRE(world.Merge(P(2 * kMinute, 0, "a")).ok());
  world.cells().SettleBefore({kDay0 + 2 * kMinute, kQuery, kDay0 + 2 * kMinute});
  CHECK(world.cells().DropSettled() == std::vector<SliceId>{{kQuery, kDay0 + kMinute}});
  CHECK(world.cells().open().size() == 1);
}

TEST_CASE("the first frame of the open slices is the oldest one that feeds them") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0));
  CHECK_FALSE(world.cells().FirstFrame().has_value());
  REQUIRE(world.Merge(P(2 * kMinute, 0, "a"), 5).ok());
  REQUIRE(world.Merge(P(kMinute, 0, "a"), 7).ok());
  REQUIRE(world.Merge(P(2 * kMinute, 0, "a"), 9).ok());
  CHECK(world.cells().FirstFrame() == Offset(std::int64_t{5}));
  world.cells().SettleThrough(Watermark(kDay0 + kMinute));
  CHECK(world.cells().FirstFrame() == Offset(std::int64_t{5}));
}

TEST_CASE("a loaded cell skips the frames below its stamp but counts them as received") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0));
  const std::string key = merge_fixture::KeyOf("a");
  const std::string states = merge_fixture::StatesOf(world.plan.queries[0], {1, 2, 3});
  const StoredCell stored{.id = {.slice_end = kDay0 + kMinute,
                                 .instance = kQuery,
                                 .tag = 0,
                                 .key_hash = Hash64(key),
                                 .key = key},
                          .stamp = Offset(std::int64_t{8}),
                          .states = states};
  REQUIRE(world.cells().Load(stored, Offset(std::int64_t{2})).ok());
  REQUIRE(world.Merge(P(kMinute, 0, "a", 2), 7).ok());
  REQUIRE(world.Merge(P(kMinute, 0, "b", 4), 7).ok());
  CHECK(world.cells().counts().at(kQuery).received == 6);
  REQUIRE(world.Merge(P(kMinute, 0, "a", 5), 8).ok());
  world.cells().SettleThrough(Watermark(kDay0 + kMinute));
  CHECK(world.cells().counts().at(kQuery) == InstanceCounts{11, 3 + 4 + 5, 0});
}

TEST_CASE("a dirty cell is written once per checkpoint, and again only if it changed since") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0));
  REQUIRE(world.Merge(P(kMinute, 0, "a")).ok());
  REQUIRE(world.Merge(P(kMinute, 0, "a")).ok());
  REQUIRE(world.Merge(P(kMinute, 0, "b")).ok());
  CHECK(world.cells().TakePending(10).empty());
  world.cells().BeginCheckpoint();
  CHECK(world.cells().TakePending(1).size() == 1);
  CHECK(world.cells().TakePending(10).size() == 1);
  CHECK(world.cells().TakePending(10).empty());
  REQUIRE(world.Merge(P(kMinute, 0, "b")).ok());
  world.cells().BeginCheckpoint();
  const auto again = world.cells().TakePending(10);
  REQUIRE(again.size() == 1);
  world.cells().MarkDirty(again);
  CHECK(world.cells().TakePending(10).size() == 1);
}

TEST_CASE("many keys keep their own cells") {
  World world(CountAndSum("q", 1, Tumble(kMinute), 0));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3'000; ++i)
      REQUIRE(world.Merge(P(kMinute, 0, "key" + std::to_string(i))).ok());
  }
  CHECK(world.cells().cells() == 3'000);
  const Slice& slice = world.cells().open().begin()->second;
  for (const CellTable::Slot& slot : slice.panes.at(0).cells.slots()) {
    if (slot.cell == nullptr) continue;
    CHECK(CellLayout::Events(slot.cell->states()) == 2);
    CHECK(Hash64(slot.cell->key()) == slot.hash);
  }
}

}  // namespace
}  // namespace tidemark
