// What every adapter of the CellStore port promises.
#include <rapidcheck.h>

#include "state_rocksdb/tests/disks.h"

namespace tidemark {
namespace {

StoredCell MakeCell(std::int64_t slice_end, InstanceId instance, std::string_view key,
                    std::string_view states) {
  return {.id = {.slice_end = slice_end, .instance = instance, .tag = 0, .key_hash = 1, .key = key},
          .stamp = Offset(9),
          .states = states};
}

constexpr InstanceId kFirst{1U};
constexpr InstanceId kSecond{2U};

TEMPLATE_TEST_CASE("a new store has no mark and no cells", "", MemoryDisk, RocksDbDisk) {
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  CHECK(ReadContent(*store).value() == StoreContent{});
}

TEMPLATE_TEST_CASE("a store holds what was written, also after a restart", "", MemoryDisk,
                   RocksDbDisk) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    TestType disk;
    const auto script = MakeScript(seed, 30);
    auto store = disk.stores().Open(TestIdentity()).value();
    for (std::size_t i = 0; i < script.size(); ++i) {
      REQUIRE(Apply(script[i], i, *store).ok());
      REQUIRE(ReadContent(*store).value() == ContentAfter(script, i + 1));
    }
    store.reset();
    disk.Restart();
    store = disk.stores().Open(TestIdentity()).value();
    CHECK(ReadContent(*store).value() == ContentAfter(script, script.size()));
  }
}

// The last write of the script that is a mark, among the first `count`; 0 if there is none.
std::size_t WritesUpToLastMark(const std::vector<ScriptedWrite>& script, std::size_t count) {
  while (count > 0 && !script[count - 1].is_mark) --count;
  return count;
}

TEMPLATE_TEST_CASE(
    "a killed process leaves everything up to its last acknowledged mark, then a prefix of the "
    "rest",
    "", MemoryDisk, RocksDbDisk) {
  constexpr std::size_t kWrites = 40;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    TestType disk;
    const auto script = MakeScript(seed, kWrites);
    const std::size_t acknowledged = Random(seed).Below(kWrites) + 1;
    disk.RunAndKill(seed, kWrites, acknowledged);
    const auto store = disk.stores().Open(TestIdentity()).value();
    const StoreContent found = ReadContent(*store).value();
    bool is_prefix = false;
    for (std::size_t i = WritesUpToLastMark(script, acknowledged); i <= kWrites; ++i) {
      is_prefix = is_prefix || found == ContentAfter(script, i);
    }
    INFO("seed " << seed << ", " << acknowledged << " writes acknowledged, " << found.cells.size()
                 << " cells, mark " << found.mark.value_or("none"));
    CHECK(is_prefix);
  }
}

TEMPLATE_TEST_CASE("a mark drops the slices it names and no neighbour", "", MemoryDisk,
                   RocksDbDisk) {
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  const std::string high_bytes(8, '\xff');
  for (const std::int64_t slice_end : {-1, 0, 1, 2}) {
    REQUIRE(store
                ->WriteCells({MakeCell(slice_end, kFirst, "", "a"),
                              MakeCell(slice_end, kFirst, high_bytes, "b"),
                              MakeCell(slice_end, kSecond, "", "c"),
                              MakeCell(slice_end, InstanceId(0xffff'ffffU), "", "d")})
                .ok());
  }
  REQUIRE(store->WriteMark("m", {{0, kFirst}, {1, InstanceId(0xffff'ffffU)}, {7, kFirst}}).ok());
  const StoreContent content = ReadContent(*store).value();
  CHECK(content.cells.size() == 16 - 3);
  CHECK(content.cells.count({0, 1, 0, 1, ""}) == 0);
  CHECK(content.cells.count({0, 1, 0, 1, high_bytes}) == 0);
  CHECK(content.cells.count({0, 2, 0, 1, ""}) == 1);
  CHECK(content.cells.count({1, 0xffff'ffffU, 0, 1, ""}) == 0);
  CHECK(content.cells.count({2, 1, 0, 1, ""}) == 1);
}

TEMPLATE_TEST_CASE("a cell written again after its slice was dropped is there", "", MemoryDisk,
                   RocksDbDisk) {
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  REQUIRE(store->WriteCells({MakeCell(5, kFirst, "k", "old")}).ok());
  REQUIRE(store->WriteMark("m", {{5, kFirst}}).ok());
  CHECK(ReadContent(*store)->cells.empty());
  REQUIRE(store->WriteCells({MakeCell(5, kFirst, "k", "new")}).ok());
  CHECK(ReadContent(*store)->cells.at({5, 1, 0, 1, "k"}).second == "new");
}

TEMPLATE_TEST_CASE("any cell returns as it was, and cells come in the order of their keys", "",
                   MemoryDisk, RocksDbDisk) {
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  CHECK(rc::check([&](std::int64_t slice_end, std::uint32_t instance, std::int64_t tag,
                      std::uint64_t hash, const std::string& key, const std::string& states) {
    const auto stamp = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
    const CellKey id{.slice_end = slice_end,
                     .instance = InstanceId(instance),
                     .tag = tag,
                     .key_hash = hash,
                     .key = key};
    RC_ASSERT(store->WriteCells({{.id = id, .stamp = Offset(stamp), .states = states}}).ok());
    const auto content = ReadContent(*store);
    RC_ASSERT(content.ok());
    RC_ASSERT(content->cells.at({slice_end, instance, tag, hash, key}) == std::pair(stamp, states));
  }));
}

TEMPLATE_TEST_CASE("a cleared store is empty, also after a restart, and takes new cells", "",
                   MemoryDisk, RocksDbDisk) {
  TestType disk;
  auto store = disk.stores().Open(TestIdentity()).value();
  REQUIRE(store->WriteCells({MakeCell(5, kFirst, "k", "s")}).ok());
  REQUIRE(store->WriteMark("m", {}).ok());
  REQUIRE(store->Clear().ok());
  CHECK(ReadContent(*store).value() == StoreContent{});
  REQUIRE(store->WriteCells({MakeCell(6, kFirst, "k", "s")}).ok());
  store.reset();
  disk.Restart();
  store = disk.stores().Open(TestIdentity()).value();
  const StoreContent content = ReadContent(*store).value();
  CHECK(content.cells.size() == 1);
  CHECK_FALSE(content.mark.has_value());
}

TEMPLATE_TEST_CASE("stores of two tasks do not see each other", "", MemoryDisk, RocksDbDisk) {
  TestType disk;
  const auto first = disk.stores().Open(TestIdentity(0)).value();
  const auto second = disk.stores().Open(TestIdentity(1)).value();
  StoreIdentity other = TestIdentity(0);
  other.incarnation = Incarnation::FromBits(8);
  const auto reborn = disk.stores().Open(other).value();
  REQUIRE(first->WriteMark("first", {}).ok());
  CHECK_FALSE(second->ReadMark().value().has_value());
  CHECK_FALSE(reborn->ReadMark().value().has_value());
}

TEMPLATE_TEST_CASE("a store is open once, and can be opened again when it is closed", "",
                   MemoryDisk, RocksDbDisk) {
  TestType disk;
  auto store = disk.stores().Open(TestIdentity()).value();
  CHECK(disk.stores().Open(TestIdentity()).status().code() == StatusCode::kFailedPrecondition);
  store.reset();
  CHECK(disk.stores().Open(TestIdentity()).ok());
}

TEMPLATE_TEST_CASE("however a reading is cut, every cell comes once and in order", "", MemoryDisk,
                   RocksDbDisk) {
  constexpr std::int64_t kCells = 5;
  struct Ends : CellVisitor {
    Status Visit(const StoredCell& cell) override {
      found.push_back(cell.id.slice_end);
      return {};
    }
    std::vector<std::int64_t> found;
  };
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  for (std::int64_t end = 1; end <= kCells; ++end) {
    REQUIRE(store->WriteCells({MakeCell(end, kFirst, "k", "s")}).ok());
  }
  for (std::size_t most = 1; most <= kCells + 1; ++most) {
    Ends ends;
    const auto reading = store->ReadCells().value();
    for (bool more = true; more;) {
      const std::size_t before = ends.found.size();
      more = reading->Visit(ends, most).value();
      CHECK(ends.found.size() - before <= most);
    }
    CHECK(ends.found == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  }
}

TEMPLATE_TEST_CASE("a visitor's error ends the visit and is returned", "", MemoryDisk,
                   RocksDbDisk) {
  class Refuser : public CellVisitor {
   public:
    Status Visit(const StoredCell&) override {
      ++visits;
      return Status::Internal("enough");
    }
    int visits = 0;
  };
  TestType disk;
  const auto store = disk.stores().Open(TestIdentity()).value();
  REQUIRE(store->WriteCells({MakeCell(5, kFirst, "k", "s"), MakeCell(6, kFirst, "k", "s")}).ok());
  Refuser refuser;
  CHECK(VisitCells(*store, refuser) == Status::Internal("enough"));
  CHECK(refuser.visits == 1);
}

}  // namespace
}  // namespace tidemark
