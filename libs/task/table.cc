#include "task/table.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "shuffle/key.h"

namespace tidemark {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::size_t kCellAlignment = 8;
constexpr std::size_t kFirstSlots = 1024;

constexpr std::size_t AlignUp(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

constexpr std::uint64_t CellHash(std::uint64_t key_hash, std::uint32_t pane) {
  return key_hash ^ (static_cast<std::uint64_t>(pane) * 0x9E3779B97F4A7C15U);
}

}  // namespace

Table::Table(CellLayout layout) : layout_(std::move(layout)), slots_(kFirstSlots) {}
Table::~Table() = default;
Table::Table(Table&&) noexcept = default;

Table::PaneIndex Table::FindPane(Pane pane) {
  const auto known = std::find_if(panes_.begin(), panes_.end(), [&](const Pane& other) {
    return other.slice_end == pane.slice_end && other.tag == pane.tag;
  });
  const auto index = static_cast<PaneIndex>(known - panes_.begin());
  if (known == panes_.end()) panes_.push_back(pane);
  memos_[MemoSlot(pane)] = {.pane = pane, .index = index, .used = true};
  return index;
}

void Table::ReserveSlots(std::size_t cells) {
  if (cells * 4 <= slots_.size() * 3) return;
  std::vector<Slot> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (Cell* cell : cells_) {
    std::size_t at = cell->hash & mask;
    while (wider[at].cell != nullptr) at = (at + 1) & mask;
    wider[at] = {cell->hash, cell};
  }
  slots_ = std::move(wider);
}

std::byte* Table::AllocateCell(std::size_t size) {
  TM_CHECK(size <= kChunkBytes, "states and key of a cell fit one chunk");
  if (chunk_ < chunks_.size() && chunk_used_ + size > kChunkBytes) {
    ++chunk_;
    chunk_used_ = 0;
  }
  if (chunk_ == chunks_.size())
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kChunkBytes));
  std::byte* const block = chunks_[chunk_].get() + chunk_used_;
  chunk_used_ += size;
  return block;
}

Table::Cell* Table::NewCell(std::uint64_t hash, const Probe& probe) {
  static_assert(sizeof(Cell) % kCellAlignment == 0);
  std::byte* const block =
      AllocateCell(AlignUp(sizeof(Cell) + layout_.size() + probe.key.size(), kCellAlignment));
  Cell* const cell = new (block) Cell{.hash = hash,
                                      .key_hash = probe.key_hash,
                                      .key_size = static_cast<std::uint32_t>(probe.key.size()),
                                      .pane = probe.pane};
  std::memset(cell->states(), 0, layout_.size());
  std::memcpy(cell->states() + layout_.size(), probe.key.data(), probe.key.size());
  cells_.push_back(cell);
  return cell;
}

Table::Cell* Table::FindFrom(std::size_t slot, std::uint64_t hash, const Probe& probe) {
  const std::size_t mask = slots_.size() - 1;
  for (;; slot = (slot + 1) & mask) {
    Slot& found = slots_[slot];
    if (found.cell == nullptr) {
      found = {hash, NewCell(hash, probe)};
      return found.cell;
    }
    if (found.hash == hash && Matches(found.cell, probe)) return found.cell;
  }
}

void Table::Find(std::span<const Probe> probes, std::span<std::byte*> cells) {
  TM_CHECK(probes.size() <= kGroup && probes.size() == cells.size(),
           "a group of probes is bounded");
  ReserveSlots(cells_.size() + probes.size());
  const std::size_t mask = slots_.size() - 1;
  std::array<std::uint64_t, kGroup> hashes;
  std::array<std::size_t, kGroup> at;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    hashes[i] = CellHash(probes[i].key_hash, probes[i].pane);
    at[i] = hashes[i] & mask;
    __builtin_prefetch(&slots_[at[i]]);
  }
  for (std::size_t i = 0; i < probes.size(); ++i) {
    while (slots_[at[i]].cell != nullptr && slots_[at[i]].hash != hashes[i])
      at[i] = (at[i] + 1) & mask;
    const char* const cell = reinterpret_cast<const char*>(slots_[at[i]].cell);
    __builtin_prefetch(cell, 1);
    __builtin_prefetch(cell + 64, 1);
  }
  for (std::size_t i = 0; i < probes.size(); ++i)
    cells[i] = FindFrom(at[i], hashes[i], probes[i])->states();
}

std::size_t Table::bytes() const {
  const std::size_t arena = arena_.bytes() > arena_kept_ ? arena_.bytes() - arena_kept_ : 0;
  return cells_.size() * (sizeof(Slot) * 2 + sizeof(Cell*)) + chunk_ * kChunkBytes + chunk_used_ +
         arena;
}

void Table::Order(std::size_t partitions) {
  pane_order_.resize(panes_.size());
  for (std::size_t i = 0; i < panes_.size(); ++i) pane_order_[i] = static_cast<PaneIndex>(i);
  std::sort(pane_order_.begin(), pane_order_.end(), [this](PaneIndex a, PaneIndex b) {
    return std::pair(panes_[a].slice_end, panes_[a].tag) <
           std::pair(panes_[b].slice_end, panes_[b].tag);
  });
  pane_rank_.resize(panes_.size());
  for (std::size_t i = 0; i < panes_.size(); ++i)
    pane_rank_[pane_order_[i]] = static_cast<std::uint32_t>(i);

  const auto bucket = [&](const Cell& cell) {
    return pane_rank_[cell.pane] * partitions +
           ShufflePartitionOf(cell.key_hash, static_cast<std::uint32_t>(partitions)).value();
  };
  ends_.assign(panes_.size() * partitions + 1, 0);
  for (const Cell* cell : cells_) ++ends_[bucket(*cell) + 1];
  for (std::size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
  ordered_.resize(cells_.size());
  for (Cell* cell : cells_) ordered_[ends_[bucket(*cell)]++] = cell;
}

void Table::WriteCells(FrameWriter& writer, std::span<Cell* const> cells) {
  for (Cell* cell : cells) {
    encoded_.clear();
    layout_.Encode(cell->states(), encoded_);
    writer.AddCell(KeyOf(cell), encoded_);
  }
}

void Table::Flush(InstanceId instance, std::span<FrameWriter> writers) {
  Order(writers.size());
  std::size_t begin = 0;
  for (std::size_t rank = 0; rank < panes_.size(); ++rank) {
    const Pane& pane = panes_[pane_order_[rank]];
    for (std::size_t d = 0; d < writers.size(); ++d) {
      const std::size_t end = ends_[rank * writers.size() + d];
      if (end == begin) continue;
      writers[d].BeginBlock(instance, pane.slice_end, pane.tag);
      WriteCells(writers[d], std::span(ordered_).subspan(begin, end - begin));
      begin = end;
    }
  }
}

void Table::Clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  cells_.clear();
  panes_.clear();
  memos_.fill(Memo{});
  chunk_ = 0;
  chunk_used_ = 0;
  arena_.Reset();
  arena_kept_ = arena_.bytes();
}

}  // namespace tidemark
