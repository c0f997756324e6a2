// The cells of one pane (query instance, slice, tag): an open-addressing table from key to cell.
//
// A cell lies in one piece of its slice's memory: header, states, key. It never moves and is
// released with the slice. The table indexes by the low bits of the key's hash: the high ones are
// the same for all keys of a merge task. Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tidemark {

// Memory of one slice's cells: blocks that double from 1 KiB to 256 KiB, released together.
class SliceMemory {
 public:
  // Zeroed, aligned to 8.
  std::byte* Allocate(std::size_t size);
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t next_block_ = 1'024;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

struct Cell {
  // A replay from a checkpoint: frames below this offset are in the state already.
  std::int64_t stamp = 0;
  std::uint32_t key_size = 0;
  std::uint32_t states_size = 0;
  bool dirty = false;  // changed since it was last written to the checkpoint

  std::byte* states() { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* states() const { return reinterpret_cast<const std::byte*>(this + 1); }
  std::string_view key() const {
    return {reinterpret_cast<const char*>(states() + states_size), key_size};
  }
};
static_assert(sizeof(Cell) % 8 == 0);

class CellTable {
 public:
  struct Slot {
    std::uint64_t hash = 0;
    Cell* cell = nullptr;
  };

  // The cell of the key; a new one has zero states.
  Cell& FindOrInsert(std::uint64_t hash, std::string_view key, std::size_t states_size,
                     SliceMemory& memory);
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }
  // In no order; slots without cell are free.
  const std::vector<Slot>& slots() const { return slots_; }

 private:
  void Grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace tidemark
