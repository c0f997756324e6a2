// The port to the checkpoint of a merge task's open cells (protocol 4). Adapter: state_rocksdb.
//
// The memory table is the accumulator; this store makes a restart short. Each cell holds its
// absolute state and the frame stamp up to which that state is the fold of all frames. The
// store-wide mark says: every cell is complete up to this savepoint. Cells may be ahead of the
// mark, never behind.
//
// Only a mark makes what was written before it durable. A crash leaves a prefix of the writes, at
// least up to the last mark. After a failed write a store may go on failing; closing and opening it
// mends that, and leaves such a prefix: a task that reopens a store restores from it, it never goes
// on. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/ids.h"

namespace tidemark {

struct CellKey {
  std::int64_t slice_end = 0;
  InstanceId instance;
  std::int64_t tag = 0;
  std::uint64_t key_hash = 0;
  std::string_view key;
};

struct StoredCell {
  CellKey id;               // its key is a view valid until the callback returns
  Offset stamp;             // every frame below this offset is in the state, none at or above it
  std::string_view states;  // encoded, event count first
};

// Which task's cells a store holds; a store of anything else is discarded when it is opened.
struct StoreIdentity {
  std::string cluster;
  std::string pipeline;
  Incarnation incarnation;
  ShufflePartition merge;
};

class CellVisitor {
 public:
  virtual ~CellVisitor() = default;
  virtual Status Visit(const StoredCell& cell) = 0;
};

// All cells of a store, read in portions. The store outlives it and is not written meanwhile.
class CellReading {
 public:
  virtual ~CellReading() = default;
  // Visits the next cells in key order, at most `most`. False: there are no more.
  virtual Result<bool> Visit(CellVisitor& visitor, std::size_t most) = 0;
};

class CellStore {
 public:
  virtual ~CellStore() = default;
  // The savepoint of the mark as encoded by the caller, nullopt if there is none.
  virtual Result<std::optional<std::string>> ReadMark() = 0;
  virtual Result<std::unique_ptr<CellReading>> ReadCells() = 0;
  // Writes cells in one atomic batch. Overwrites earlier states of the same cells.
  virtual Status WriteCells(const std::vector<StoredCell>& cells) = 0;
  // In one atomic, durable batch: drops the slices (instance, slice end) and writes the mark.
  struct ExpiredSlice {
    std::int64_t slice_end = 0;
    InstanceId instance;
    friend auto operator<=>(const ExpiredSlice&, const ExpiredSlice&) = default;
  };
  virtual Status WriteMark(std::string_view savepoint,
                           const std::vector<ExpiredSlice>& expired) = 0;
  // Drops everything, the mark included: the content is of no use.
  virtual Status Clear() = 0;
};

// Visits all cells of a small store at once.
inline Status VisitCells(CellStore& store, CellVisitor& visitor) {
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<CellReading> reading, store.ReadCells());
  while (true) {
    TM_ASSIGN_OR_RETURN(const bool more, reading->Visit(visitor, 1'000));
    if (!more) return {};
  }
}

// Opens stores of one worker's state directory.
class CellStores {
 public:
  virtual ~CellStores() = default;
  virtual Result<std::unique_ptr<CellStore>> Open(const StoreIdentity& identity) = 0;
};

}  // namespace tidemark
