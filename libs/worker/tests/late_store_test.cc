#include "worker/late_store.h"

#include <catch2/catch.hpp>

#include "state/memory_cell_store.h"

namespace tidemark {
namespace {

// Stores that cannot be opened for a while.
class ClosedStores final : public CellStores {
 public:
  explicit ClosedStores(CellStores* stores) : stores_(stores) {}
  Result<std::unique_ptr<CellStore>> Open(const StoreIdentity& identity) override {
    if (closed) return Status::Unavailable("no space");
    return stores_->Open(identity);
  }
  bool closed = true;

 private:
  CellStores* stores_;
};

const StoreIdentity kIdentity{"demo", "voice", Incarnation::FromBits(1), ShufflePartition(0)};

struct Counting final : CellVisitor {
  int cells = 0;
  Status Visit(const StoredCell& /*cell*/) override { return ++cells, Status(); }
};

TEST_CASE("a store that opens late holds nothing of before") {
  MemoryCellStores disk;
  {
    const auto earlier = disk.Open(kIdentity).value();
    REQUIRE(earlier->WriteCells({{.id = {.slice_end = 1, .key = "old"}, .states = "1"}}).ok());
    REQUIRE(earlier->WriteMark("old", {}).ok());
  }
  ClosedStores stores(&disk);
  LateStore store(&stores, kIdentity);
  CHECK_FALSE(store.ReadMark().value().has_value());
  CHECK(store.Clear().ok());
  const std::vector<StoredCell> cells = {{.id = {.slice_end = 2, .key = "new"}, .states = "2"}};
  CHECK(store.WriteCells(cells).message() == "no space");
  CHECK(store.WriteMark("new", {}).message() == "no space");
  stores.closed = false;
  REQUIRE(store.WriteCells(cells).ok());
  CHECK_FALSE(store.ReadMark().value().has_value());
  REQUIRE(store.WriteMark("new", {}).ok());
  CHECK(store.ReadMark().value() == "new");
  Counting counting;
  const auto reading = store.ReadCells();
  REQUIRE(reading.ok());
  CHECK_FALSE((*reading)->Visit(counting, 100).value());
  CHECK(counting.cells == 1);
}

}  // namespace
}  // namespace tidemark
