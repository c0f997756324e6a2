// Pre-aggregation of one query instance between two commits: (slice end, tag, key) -> states.
//
// Cells are fixed-size states in chunks that are kept over Clear; they name interned keys. Most
// events of a key fall into the pane of the one before: the key's memo then knows the cell. Else
// open addressing over (key, pane) finds it. Rows come in groups of at most kGroup: the slots of a
// group are prefetched, then its cells, so that cache misses overlap instead of adding up.
//
// Invariants: 1. A cell's address stays the same until Clear. 2. What Flush writes is a function of
// the sequence of probes and updates since the last Clear. 3. Nothing is allocated for a sequence
// like one seen before a Clear. Thread: owned by one task thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/aggregate.h"
#include "shuffle/frame.h"
#include "task/cell_layout.h"
#include "task/chunk_memory.h"
#include "task/interned_key.h"

namespace tidemark {

class Table {
 public:
  static constexpr std::size_t kGroup = 32;

  // A pane: the cells of one slice and late tag. Its index is valid until Clear.
  struct Pane {
    std::int64_t slice_end = 0;
    std::int64_t tag = 0;
  };
  using PaneIndex = std::uint32_t;

  struct Probe {
    InternedKey* key = nullptr;  // stays until Clear
    PaneIndex pane = 0;
  };

  // `memo` is the number of the memos in the keys that are this table's.
  Table(CellLayout layout, std::size_t memo);
  ~Table();
  Table(Table&&) noexcept;

  // The pane of a slice and tag, new or known.
  PaneIndex PaneOf(std::int64_t slice_end, std::int64_t tag) {
    const Memo& memo = memos_[MemoSlot(slice_end, tag)];
    if (memo.used && memo.pane.slice_end == slice_end && memo.pane.tag == tag) return memo.index;
    return FindPane({.slice_end = slice_end, .tag = tag});
  }
  // Sets cells[i] to the states of probes[i], all zero if new. REQUIRES: at most kGroup probes,
  // sizes equal.
  void Find(std::span<const Probe> probes, std::span<std::byte*> cells);

  const CellLayout& layout() const { return layout_; }
  StateArena& arena() { return arena_; }
  std::size_t cells() const { return cells_.size(); }
  // Bytes in use since the last Clear: slots, cells, keys, and what states hold beyond their fixed
  // size.
  std::size_t bytes() const;

  // Appends every cell to the frame of its shuffle partition, writers[d] being that of d: panes
  // ascending by (slice end, tag), the cells of a pane in the order of their first events.
  void Flush(InstanceId instance, std::span<FrameWriter> writers);
  // Forgets everything and keeps the memory.
  void Clear();

 private:
  struct Cell {
    InternedKey* key = nullptr;
    PaneIndex pane = 0;
    std::uint32_t hash_high = 0;  // of the key; all that its shuffle partition depends on

    std::byte* states() { return reinterpret_cast<std::byte*>(this + 1); }
  };
  // Tells cells apart by itself: looking for one touches no other.
  struct Slot {
    const InternedKey* key = nullptr;  // nullptr: free
    PaneIndex pane = 0;
    std::uint32_t cell = 0;  // index into cells_
  };
  struct Memo {
    Pane pane;
    PaneIndex index = 0;
    bool used = false;
  };
  static constexpr std::size_t kMemos = 256;

  static std::size_t MemoSlot(std::int64_t slice_end, std::int64_t tag) {
    const auto mixed = static_cast<std::uint64_t>(slice_end + tag) * 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(mixed >> 56U);
  }
  PaneIndex FindPane(Pane pane);
  void ReserveSlots(std::size_t cells);
  // The first slot that may hold the cell.
  std::size_t SlotOf(const InternedKey& key, PaneIndex pane) const;
  std::uint32_t NewCell(const Probe& probe);
  // Looks the cell up in the slots, or makes it.
  void Fetch(const std::byte* states) const;
  std::byte* FindInSlots(const Probe& probe);
  // Order of the flush: fills ordered_ with the cells by (pane rank, partition), and ends_ with the
  // bucket ends.
  void Order(std::size_t partitions);
  void WriteCells(FrameWriter& writer, std::span<Cell* const> cells);

  CellLayout layout_;
  std::vector<Slot> slots_;
  std::vector<Cell*> cells_;  // in the order of their first events
  std::vector<Pane> panes_;
  std::array<Memo, kMemos> memos_;
  std::size_t memo_ = 0;
  std::uint32_t generation_ = 1;  // of the memos that hold; a key begins with 0
  ChunkMemory memory_;
  StateArena arena_;
  std::size_t arena_kept_ = 0;  // bytes the arena kept over the last Clear
  std::vector<PaneIndex> pane_order_;
  std::vector<std::uint32_t> pane_rank_;
  std::vector<Cell*> ordered_;
  std::vector<std::size_t> ends_;
  std::string encoded_;
};

}  // namespace tidemark
