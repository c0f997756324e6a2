#include "task/checkpoint.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "state/memory_cell_store.h"
#include "task/replay.h"
#include "task/restore.h"
#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using merge_fixture::CountAndSum;
using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_fixture::Tumble;

constexpr InstanceId kQuery{1U};
constexpr MonotonicTime kNow(0);

MergeProgress CommittedAt(std::int64_t frame) {
  MergeProgress progress;
  progress.incarnation = merge_fixture::TestIncarnation();
  progress.commit_point.next_frame = Offset(frame);
  return progress;
}

struct World {
  World() {
    plan.queries.push_back(CountAndSum("q", 1, Tumble(kMinute), 0));
    queries = MergeQueriesOf(plan, std::nullopt);
    store = std::move(
        disk.Open({"c", "p", merge_fixture::TestIncarnation(), ShufflePartition(0U)}).value());
    cells.emplace(queries, ShufflePartition(0U), 1, OpenCells::Track::kDirtyCells);
    checkpoint.emplace(store.get(), queries, *cells, Checkpoint::Pace{Duration(10'000), 2});
  }
  void Merge(std::int64_t slice, std::string account, std::int64_t frame) {
    const Partial partial{kQuery, kDay0 + slice * kMinute, 0, std::move(account), {1}};
    const auto bytes = merge_fixture::FrameOf(plan, merge_fixture::HeaderOf(0, 1, {}), {partial});
    auto reader = FrameReader::Open(bytes[0]);
    const auto block = reader->NextBlock();
    REQUIRE(cells->MergeBlock(**block, *reader, Offset(frame), std::nullopt).ok());
  }
  void Finish(std::int64_t next_frame) {
    while (checkpoint->active()) checkpoint->Step(Offset(next_frame));
  }
  void Expire(std::int64_t slice, std::int64_t next_frame) {
    cells->SettleThrough(Watermark(kDay0 + slice * kMinute));
    checkpoint->BeforeDrop(Offset(next_frame));
    checkpoint->Dropped(cells->DropSettled(), Offset(next_frame));
  }
  std::optional<std::int64_t> Mark() {
    const auto mark = ReadMark(*store);
    REQUIRE(mark.ok());
    if (!*mark) return std::nullopt;
    return (*mark)->commit_point.next_frame.value();
  }
  // "slice account" -> (stamp, events).
  std::map<std::string, std::pair<std::int64_t, std::uint64_t>> Stored() {
    struct Collect : CellVisitor {
      std::map<std::string, std::pair<std::int64_t, std::uint64_t>> cells;
      Status Visit(const StoredCell& cell) override {
        const std::string name = std::to_string((cell.id.slice_end - kDay0) / kMinute) + " " +
                                 std::string(cell.id.key.substr(3));
        cells[name] = {cell.stamp.value(), static_cast<std::uint8_t>(cell.states[0])};
        return {};
      }
    } collect;
    REQUIRE(VisitCells(*store, collect).ok());
    return collect.cells;
  }

  PipelinePlan plan;
  MergeQueries queries;
  MemoryCellStores disk;
  std::unique_ptr<CellStore> store;
  std::optional<OpenCells> cells;
  std::optional<Checkpoint> checkpoint;
};

using Cells = std::map<std::string, std::pair<std::int64_t, std::uint64_t>>;

TEST_CASE(
    "the mark is written only after the last chunk, each cell with the stamp of its writing") {
  constexpr const char* kAccounts[] = {"a", "b", "c"};
  World world;
  for (const char* account : kAccounts) world.Merge(1, account, 0);
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.checkpoint->Step(Offset(std::int64_t{1}));
  CHECK_FALSE(world.Mark().has_value());
  for (const char* account : kAccounts) world.Merge(1, account, 1);
  world.checkpoint->Step(Offset(std::int64_t{2}));
  CHECK_FALSE(world.Mark().has_value());
  world.checkpoint->Step(Offset(std::int64_t{2}));
  CHECK(world.Mark() == 1);
  // In the order of the store's keys, that is of their hashes: the last one alone is in the second
  // chunk.
  const auto last = *std::max_element(
      std::begin(kAccounts), std::end(kAccounts), [](const char* one, const char* other) {
        return Hash64(merge_fixture::KeyOf(one)) < Hash64(merge_fixture::KeyOf(other));
      });
  Cells expected;
  for (const char* account : kAccounts) expected[StrCat("1 ", account)] = {1, 1};
  expected[StrCat("1 ", last)] = {2, 2};
  CHECK(world.Stored() == expected);
  CHECK(world.checkpoint->completed() == 1);
}

TEST_CASE("a slice that expires during a checkpoint is written first and dropped by a later mark") {
  World world;
  for (const char* account : {"a", "b", "c"}) world.Merge(1, account, 0);
  world.Merge(2, "a", 0);
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.Expire(1, 3);
  world.Finish(3);
  CHECK(world.Mark() == 1);
  CHECK(world.Stored() ==
        Cells{{"1 a", {3, 1}}, {"1 b", {3, 1}}, {"1 c", {3, 1}}, {"2 a", {3, 1}}});
  world.checkpoint->Begin(kNow, CommittedAt(2));
  world.Finish(3);
  CHECK(world.Stored().size() == 4);
  world.checkpoint->Begin(kNow, CommittedAt(3));
  world.Finish(3);
  CHECK(world.Mark() == 3);
  CHECK(world.Stored() == Cells{{"2 a", {3, 1}}});
}

TEST_CASE("a store that fails costs a checkpoint, and the next one writes everything") {
  World world;
  for (const char* account : {"a", "b", "c"}) world.Merge(1, account, 0);
  world.disk.SetWriteError(Status::Unavailable("disk full"));
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.Finish(1);
  CHECK_FALSE(world.Mark().has_value());
  CHECK_FALSE(world.checkpoint->Useful(CommittedAt(1)));
  world.disk.SetWriteError(std::nullopt);
  world.checkpoint->Begin(kNow, CommittedAt(2));
  world.Finish(2);
  CHECK(world.Mark() == 2);
  CHECK(world.Stored().size() == 3);
}

TEST_CASE("a slice whose expiry could not be written is dropped by the next mark") {
  World world;
  world.Merge(1, "a", 0);
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.Finish(1);
  world.Expire(1, 2);
  world.disk.SetWriteError(Status::Unavailable("disk full"));
  world.checkpoint->Begin(kNow, CommittedAt(2));
  world.Finish(2);
  world.disk.SetWriteError(std::nullopt);
  CHECK(world.Stored().size() == 1);
  world.checkpoint->Begin(kNow, CommittedAt(3));
  world.Finish(3);
  CHECK(world.Stored().empty());
}

TEST_CASE("a checkpoint is due after its interval, at a new savepoint outside of a closing") {
  World world;
  CHECK(world.checkpoint->Due(kNow, CommittedAt(1)));
  world.checkpoint->Begin(kNow, CommittedAt(1));
  CHECK_FALSE(world.checkpoint->Due(MonotonicTime(20'000), CommittedAt(2)));
  world.Finish(1);
  CHECK_FALSE(world.checkpoint->Due(MonotonicTime(9'999), CommittedAt(2)));
  CHECK_FALSE(world.checkpoint->Due(MonotonicTime(10'000), CommittedAt(1)));
  CHECK(world.checkpoint->Due(MonotonicTime(10'000), CommittedAt(2)));
  MergeProgress cut = CommittedAt(2);
  cut.cursor = ClosingCursor{};
  CHECK_FALSE(world.checkpoint->Due(MonotonicTime(10'000), cut));
}

struct Restored {
  explicit Restored(World& world)
      : cells(world.queries, ShufflePartition(0U), 1, OpenCells::Track::kDirtyCells) {
    Restore restore({world.store.get(), &*world.checkpoint, &cells}, ShufflePartition(0U),
                    CommittedAt(1));
    while (!(plan = restore.Step())) ++steps;
  }
  OpenCells cells;
  std::optional<RestorePlan> plan;
  std::size_t steps = 1;
};

TEST_CASE("a restore loads its cells in portions, each cell once") {
  constexpr std::size_t kCells = 2 * Restore::kCellsPerStep + 1;
  World world;
  for (std::size_t i = 0; i < kCells; ++i) world.Merge(1, StrCat("a", i), 0);
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.Finish(1);
  const Restored restored(world);
  CHECK(restored.plan->from_mark);
  CHECK(restored.cells.cells() == kCells);
  CHECK(restored.steps == 3);
}

TEST_CASE("a store with a damaged cell is cleared, whatever was loaded before") {
  World world;
  for (std::size_t i = 0; i < Restore::kCellsPerStep; ++i) world.Merge(1, StrCat("a", i), 0);
  world.checkpoint->Begin(kNow, CommittedAt(1));
  world.Finish(1);
  const CellKey last{.slice_end = kDay0 + 9 * kMinute, .instance = kQuery, .key = "k"};
  REQUIRE(world.store->WriteCells({{last, Offset(std::int64_t{1}), "damaged"}}).ok());
  const Restored restored(world);
  CHECK_FALSE(restored.plan->from_mark);
  CHECK(restored.cells.cells() == 0);
  CHECK(world.Stored().empty());
  CHECK_FALSE(world.Mark().has_value());
}

}  // namespace
}  // namespace tidemark
