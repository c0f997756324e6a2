// Cell stores in memory, for tests and the simulation: one object is the disk of one worker.
//
// What was written survives the stores that wrote it, as on a disk: a store opened later finds it.
// As with the real adapter, cells written after the last mark are not yet durable: Kill decides how
// many of them a crash leaves. Thread: owned by one thread, with all its stores. The disk may go
// before its stores; they are dead then.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/status.h"
#include "state/cell_store.h"

namespace tidemark {

class MemoryCellStores : public CellStores {
 public:
  struct Content;
  // A copy of everything a disk holds.
  using Snapshot = std::shared_ptr<const Content>;

  MemoryCellStores();
  ~MemoryCellStores() override;
  MemoryCellStores(const MemoryCellStores&) = delete;
  MemoryCellStores& operator=(const MemoryCellStores&) = delete;

  // Fails if a store of the same identity is open and alive: a task is never on a worker twice.
  Result<std::unique_ptr<CellStore>> Open(const StoreIdentity& identity) override;

  // The process dies: every open store answers UNAVAILABLE from now on and has no effect. Of the
  // batches of cells each store wrote after its last mark, the first `surviving_batches` are still
  // there.
  void Kill(std::size_t surviving_batches = 0);
  // The disk is replaced by an empty one. Kills the open stores.
  void Lose();
  // What a crash at this moment would leave with every written batch surviving.
  Snapshot Save() const;
  // An old copy of the disk comes back. Kills the open stores.
  void Restore(const Snapshot& snapshot);
  // Every write fails with this until nullopt is set: a full disk.
  void SetWriteError(std::optional<Status> error);

  std::uint64_t marks_written() const;

 private:
  class Store;
  struct Disk;
  std::shared_ptr<Disk> disk_;
};

}  // namespace tidemark
