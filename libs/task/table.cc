#include "task/table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "shuffle/key.h"

namespace tidemark {
namespace {

constexpr std::size_t kFirstSlots = 1024;

}  // namespace

Table::Table(CellLayout layout, std::size_t memo)
    : layout_(std::move(layout)), slots_(kFirstSlots), memo_(memo) {}
Table::~Table() = default;
Table::Table(Table&&) noexcept = default;

Table::PaneIndex Table::FindPane(Pane pane) {
  const auto known = std::find_if(panes_.begin(), panes_.end(), [&](const Pane& other) {
    return other.slice_end == pane.slice_end && other.tag == pane.tag;
  });
  const auto index = static_cast<PaneIndex>(known - panes_.begin());
  if (known == panes_.end()) panes_.push_back(pane);
  memos_[MemoSlot(pane.slice_end, pane.tag)] = {.pane = pane, .index = index, .used = true};
  return index;
}

// By the key's address: it is the key, and so no key is touched when the slots grow.
std::size_t Table::SlotOf(const InternedKey& key, PaneIndex pane) const {
  const std::uint64_t place = std::bit_cast<std::uint64_t>(&key) + pane * 0xC2B2AE3D27D4EB4FU;
  return static_cast<std::size_t>((place * 0x9E3779B97F4A7C15U) >> 32U) & (slots_.size() - 1);
}

void Table::ReserveSlots(std::size_t cells) {
  if (cells * 4 <= slots_.size() * 3) return;
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.key == nullptr) continue;
    std::size_t at = SlotOf(*slot.key, slot.pane);
    while (slots_[at].key != nullptr) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::uint32_t Table::NewCell(const Probe& probe) {
  auto* const cell = new (memory_.Allocate(sizeof(Cell) + layout_.size()))
      Cell{.key = probe.key,
           .pane = probe.pane,
           .hash_high = static_cast<std::uint32_t>(probe.key->hash >> 32U)};
  std::memset(cell->states(), 0, layout_.size());
  cells_.push_back(cell);
  return static_cast<std::uint32_t>(cells_.size() - 1);
}

std::byte* Table::FindInSlots(const Probe& probe) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = SlotOf(*probe.key, probe.pane);; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.key == nullptr) slot = {probe.key, probe.pane, NewCell(probe)};
    if (slot.key == probe.key && slot.pane == probe.pane) return cells_[slot.cell]->states();
  }
}

inline void Table::Fetch(const std::byte* states) const {
  for (std::size_t at = 0; at < layout_.size(); at += 64) __builtin_prefetch(states + at, 1);
}

void Table::Find(std::span<const Probe> probes, std::span<std::byte*> cells) {
  TM_CHECK(probes.size() <= kGroup && probes.size() == cells.size(),
           "a group of probes is bounded");
  ReserveSlots(cells_.size() + probes.size());
  std::array<std::uint32_t, kGroup> unknown;
  std::size_t count = 0;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const CellMemo& memo = probes[i].key->memo(memo_);
    if (memo.generation == generation_ && memo.pane == probes[i].pane) {
      cells[i] = memo.states;
      Fetch(memo.states);
    } else {
      __builtin_prefetch(&slots_[SlotOf(*probes[i].key, probes[i].pane)]);
      unknown[count++] = static_cast<std::uint32_t>(i);
    }
  }
  for (const std::uint32_t i : std::span(unknown).first(count)) {
    cells[i] = FindInSlots(probes[i]);
    probes[i].key->memo(memo_) = {cells[i], probes[i].pane, generation_};
    Fetch(cells[i]);
  }
}

std::size_t Table::bytes() const {
  const std::size_t arena = arena_.bytes() > arena_kept_ ? arena_.bytes() - arena_kept_ : 0;
  return cells_.size() * (sizeof(Slot) * 2 + sizeof(Cell*)) + memory_.bytes() + arena;
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
           ShufflePartitionOf(std::uint64_t{cell.hash_high} << 32U,
                              static_cast<std::uint32_t>(partitions))
               .value();
  };
  ends_.assign(panes_.size() * partitions + 1, 0);
  for (const Cell* cell : cells_) ++ends_[bucket(*cell) + 1];
  for (std::size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
  ordered_.resize(cells_.size());
  for (Cell* cell : cells_) ordered_[ends_[bucket(*cell)]++] = cell;
}

void Table::WriteCells(FrameWriter& writer, std::span<Cell* const> cells) {
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i + 2 * kAhead < cells.size()) __builtin_prefetch(cells[i + 2 * kAhead]);
    if (i + kAhead < cells.size()) __builtin_prefetch(cells[i + kAhead]->key);
    Cell* const cell = cells[i];
    encoded_.clear();
    layout_.Encode(cell->states(), encoded_);
    writer.AddCell(cell->key->bytes(), encoded_);
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
  memory_.Clear();
  ++generation_;
  arena_.Reset();
  arena_kept_ = arena_.bytes();
}

}  // namespace tidemark
