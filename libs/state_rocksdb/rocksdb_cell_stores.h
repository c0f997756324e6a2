// Cell stores on disk: one RocksDB per merge task under one worker's state directory.
//
// The write-ahead log is off: the shuffle log is the log. What was written before a mark is durable
// once WriteMark has returned; what was written after it may be there after a crash, always as a
// prefix of the writes. A store that belongs to another task, is of another format or cannot be
// read is discarded with a log line: the task then replays the shuffle log.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "state/cell_store.h"

namespace tidemark {

struct RocksDbOptions {
  // Directory of this worker alone, created if missing. Stores lie in
  // <state_dir>/<cluster>/<pipeline>/<incarnation>/merge-<d>/.
  std::string state_dir;
  // Bytes of the block cache that all stores share; write buffers are charged to it, so this bounds
  // both together. Too small a value makes restores slower, never wrong. At least 1 MiB.
  std::size_t cache_bytes = 64U << 20U;
  // Of these, the most that all write buffers together take before the oldest are flushed.
  std::size_t write_buffer_bytes = 32U << 20U;

  // An eighth of worker.memory, half of it for write buffers: cells are written once per checkpoint
  // and read only at a restore, so they need little; the rest belongs to the tables in memory.
  static RocksDbOptions ForWorker(std::string state_dir, std::size_t worker_memory_bytes);
};

// Owns the state directory: a second owner, also of another process, is refused as long as this one
// lives. Thread: Open may be called from any; it must outlive its stores.
class RocksDbCellStores : public CellStores {
 public:
  // FAILED_PRECONDITION naming the directory and its owner if the directory is in use.
  static Result<std::unique_ptr<RocksDbCellStores>> Create(const RocksDbOptions& options);
  ~RocksDbCellStores() override;
  RocksDbCellStores(const RocksDbCellStores&) = delete;
  RocksDbCellStores& operator=(const RocksDbCellStores&) = delete;

  // Fails if a store of the same identity is open.
  Result<std::unique_ptr<CellStore>> Open(const StoreIdentity& identity) override;

 private:
  struct Shared;
  explicit RocksDbCellStores(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace tidemark
