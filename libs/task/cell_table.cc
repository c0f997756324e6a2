#include "task/cell_table.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace tidemark {
namespace {

constexpr std::size_t kLargestBlock = 256U << 10U;
constexpr std::size_t kFirstSlots = 16;

constexpr std::size_t RoundedUp(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

}  // namespace

std::byte* SliceMemory::Allocate(std::size_t size) {
  size = RoundedUp(size);
  if (size > left_) {
    left_ = std::max(size, next_block_);
    next_block_ = std::min(next_block_ * 2, kLargestBlock);
    blocks_.push_back(std::make_unique<std::byte[]>(left_));
    at_ = blocks_.back().get();
    bytes_ += left_;
  }
  std::byte* const block = at_;
  at_ += size;
  left_ -= size;
  return block;
}

Cell& CellTable::FindOrInsert(std::uint64_t hash, std::string_view key, std::size_t states_size,
                              SliceMemory& memory) {
  if (4 * (size_ + 1) > 3 * slots_.size()) Grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].cell != nullptr) {
    if (slots_[at].hash == hash && slots_[at].cell->key() == key) return *slots_[at].cell;
    at = (at + 1) & mask;
  }
  std::byte* const bytes = memory.Allocate(sizeof(Cell) + states_size + key.size());
  Cell* const cell = new (bytes) Cell;
  cell->key_size = static_cast<std::uint32_t>(key.size());
  cell->states_size = static_cast<std::uint32_t>(states_size);
  std::memcpy(cell->states() + states_size, key.data(), key.size());
  slots_[at] = {hash, cell};
  ++size_;
  return *cell;
}

void CellTable::Grow() {
  std::vector<Slot> old(std::max(kFirstSlots, 2 * slots_.size()));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.cell == nullptr) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].cell != nullptr) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace tidemark
