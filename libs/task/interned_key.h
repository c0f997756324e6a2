// Group keys, each kept once for all queries that group by the same columns, however many panes
// have a cell of it.
//
// Equal keys have one address until Clear, so tables compare addresses instead of bytes. Each key
// also remembers, for each of those queries, the cell it last led to: the next event of the key
// mostly falls into the same pane, and then no table is asked at all. Thread: owned by one task
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "task/chunk_memory.h"

namespace tidemark {

// The cell that a key last led to in one table; of another generation of that table: none.
struct CellMemo {
  std::byte* states = nullptr;
  std::uint32_t pane = 0;
  std::uint32_t generation = 0;
};

// Its memos lie behind it, then its bytes.
struct InternedKey {
  std::uint64_t hash = 0;  // Hash64 of the bytes
  std::uint32_t size = 0;
  std::uint32_t memos = 0;

  CellMemo& memo(std::size_t index) { return reinterpret_cast<CellMemo*>(this + 1)[index]; }
  std::string_view bytes() const {
    const auto* behind = reinterpret_cast<const CellMemo*>(this + 1) + memos;
    return {reinterpret_cast<const char*>(behind), size};
  }
};

class KeyInterner {
 public:
  static constexpr std::size_t kGroup = 32;

  KeyInterner();
  // What a key is looked up by: cheaper than its hash, which only a new key needs. Keys may differ
  // in any byte, so it depends on all of them. REQUIRES: not empty.
  static std::uint64_t PrintOf(std::string_view bytes);
  // Every key gets one memo more; returns its index. REQUIRES: no key was interned yet.
  std::size_t AddMemo() { return memos_++; }

  // Sets keys[i] to the one key equal to candidates[i], which is copied if it is new. Slots and
  // keys of the group are fetched ahead, so that cache misses overlap. REQUIRES: at most kGroup
  // candidates, sizes equal, none empty.
  void Intern(std::span<const std::string_view> candidates, std::span<InternedKey*> keys);

  std::size_t size() const { return keys_; }
  // Bytes in use since the last Clear.
  std::size_t bytes() const { return keys_ * sizeof(Slot) * 2 + memory_.bytes(); }
  // Forgets every key and keeps the memory.
  void Clear();

 private:
  struct Slot {
    std::uint64_t print = 0;
    InternedKey* key = nullptr;  // nullptr: free
  };

  void ReserveSlots(std::size_t keys);
  InternedKey* NewKey(std::string_view bytes);
  InternedKey* FindFrom(std::size_t slot, std::uint64_t print, std::string_view bytes);

  std::vector<Slot> slots_;
  std::size_t keys_ = 0;
  std::uint32_t memos_ = 0;
  ChunkMemory memory_;
};

}  // namespace tidemark
