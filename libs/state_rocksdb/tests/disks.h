// The two disks that the conformance tests run over: the fake one and a real one under a process
// that is killed.
#pragma once

#include <catch2/catch.hpp>
#include <memory>

#include "base/temporary_folder.h"
#include "state/memory_cell_store.h"
#include "state_rocksdb/rocksdb_cell_stores.h"
#include "state_rocksdb/tests/scripted_writes.h"

namespace tidemark {

inline StoreIdentity TestIdentity(std::uint32_t merge = 0) {
  return {.cluster = "test",
          .pipeline = "voice",
          .incarnation = Incarnation::FromBits(7),
          .merge = ShufflePartition(merge)};
}

class MemoryDisk {
 public:
  CellStores& stores() { return stores_; }
  // The process ends in good order and begins anew.
  void Restart() {}
  // A process applies the script and dies no earlier than `acknowledged` writes are done.
  void RunAndKill(std::uint64_t seed, std::size_t count, std::size_t acknowledged) {
    const auto store = stores_.Open(TestIdentity()).value();
    const std::vector<ScriptedWrite> script = MakeScript(seed, count);
    for (std::size_t i = 0; i < acknowledged; ++i) REQUIRE(Apply(script[i], i, *store).ok());
    stores_.Kill(seed % 4);
  }

 private:
  MemoryCellStores stores_;
};

class RocksDbDisk {
 public:
  CellStores& stores() {
    if (!stores_) stores_ = RocksDbCellStores::Create({.state_dir = folder_->path()}).value();
    return *stores_;
  }
  void Restart() { stores_.reset(); }
  void RunAndKill(std::uint64_t seed, std::size_t count, std::size_t acknowledged);

 private:
  std::unique_ptr<TemporaryFolder> folder_ = TemporaryFolder::Create().value();
  std::unique_ptr<RocksDbCellStores> stores_;
};

}  // namespace tidemark
