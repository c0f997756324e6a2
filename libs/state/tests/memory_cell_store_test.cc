#include "state/memory_cell_store.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

const StoreIdentity kTask{
    .cluster = "test", .pipeline = "voice", .incarnation = {}, .merge = ShufflePartition(0U)};

std::unique_ptr<CellStore> Open(MemoryCellStores& disk) { return disk.Open(kTask).value(); }

// One cell whose key is `key`.
Status Write(CellStore& store, std::string_view key) {
  return store.WriteCells({{.id = {.key = key}, .stamp = Offset(1), .states = "s"}});
}

std::vector<std::string> KeysOf(MemoryCellStores& disk) {
  class Keys : public CellVisitor {
   public:
    Status Visit(const StoredCell& cell) override {
      keys.emplace_back(cell.id.key);
      return {};
    }
    std::vector<std::string> keys;
  };
  Keys visitor;
  REQUIRE(VisitCells(*Open(disk), visitor).ok());
  return visitor.keys;
}

using Keys = std::vector<std::string>;

TEST_CASE("a killed process keeps what it marked and as many later batches as asked") {
  MemoryCellStores disk;
  const auto store = Open(disk);
  REQUIRE(Write(*store, "a").ok());
  REQUIRE(store->WriteMark("m", {}).ok());
  REQUIRE(Write(*store, "b").ok());
  REQUIRE(Write(*store, "c").ok());
  disk.Kill(1);
  CHECK(KeysOf(disk) == Keys{"a", "b"});
  CHECK(Open(disk)->ReadMark().value() == "m");
}

TEST_CASE("a dead worker's later writes have no effect") {
  MemoryCellStores disk;
  const auto dead = Open(disk);
  REQUIRE(dead->WriteMark("m", {}).ok());
  disk.Kill();
  const auto alive = Open(disk);
  CHECK(Write(*dead, "x").code() == StatusCode::kUnavailable);
  CHECK(dead->WriteMark("x", {}).code() == StatusCode::kUnavailable);
  CHECK(dead->Clear().code() == StatusCode::kUnavailable);
  CHECK(dead->ReadMark().status().code() == StatusCode::kUnavailable);
  CHECK(alive->ReadMark().value() == "m");
}

TEST_CASE("a dead store that is destroyed does not release the living one") {
  MemoryCellStores disk;
  auto dead = Open(disk);
  disk.Kill();
  const auto alive = Open(disk);
  dead.reset();
  CHECK_FALSE(disk.Open(kTask).ok());
}

TEST_CASE("a lost disk is empty") {
  MemoryCellStores disk;
  REQUIRE(Open(disk)->WriteMark("m", {}).ok());
  disk.Lose();
  CHECK_FALSE(Open(disk)->ReadMark().value().has_value());
}

TEST_CASE("an old copy of a disk brings back what it held, and nothing later") {
  MemoryCellStores disk;
  REQUIRE(Write(*Open(disk), "old").ok());
  REQUIRE(Open(disk)->WriteMark("old", {}).ok());
  const MemoryCellStores::Snapshot snapshot = disk.Save();
  REQUIRE(Write(*Open(disk), "new").ok());
  REQUIRE(Open(disk)->WriteMark("new", {}).ok());
  disk.Restore(snapshot);
  CHECK(KeysOf(disk) == Keys{"old"});
  CHECK(Open(disk)->ReadMark().value() == "old");
  disk.Lose();
  disk.Restore(snapshot);
  CHECK(KeysOf(disk) == Keys{"old"});
}

TEST_CASE("a full disk refuses writes and still reads") {
  MemoryCellStores disk;
  const auto store = Open(disk);
  REQUIRE(store->WriteMark("m", {}).ok());
  const Status full(StatusCode::kResourceExhausted, "disk full", Blame::kExternal, Retry::kBackoff);
  disk.SetWriteError(full);
  CHECK(Write(*store, "a") == full);
  CHECK(store->WriteMark("n", {}) == full);
  CHECK(store->ReadMark().value() == "m");
  disk.SetWriteError(std::nullopt);
  CHECK(Write(*store, "a").ok());
}

TEST_CASE("stores outlive their disk as dead ones") {
  auto disk = std::make_unique<MemoryCellStores>();
  const auto store = Open(*disk);
  disk.reset();
  CHECK(store->WriteMark("m", {}).code() == StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tidemark
