#include "task/open_cells.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "shuffle/key.h"

namespace tidemark {

OpenCells::OpenCells(const MergeQueries& queries, ShufflePartition merge, std::uint32_t merges,
                     Track track)
    : queries_(queries), merge_(merge), merges_(merges), track_(track) {}

Status OpenCells::MergeBlock(const BlockHeader& block, FrameReader& reader, Offset frame,
                             std::optional<Watermark> combined) {
  const auto query = queries_.find(block.instance);
  if (query == queries_.end()) {
    return Status::DataLoss(
        StrCat("partials of query instance ", block.instance, ", which is not in the plan"));
  }
  if (auto wrong = query->second.Objection(block, combined)) return Status::Internal(*wrong);
  Slice& slice = OpenSlice({block.instance, block.slice_end}, frame);
  Pane& pane = slice.panes[block.tag];
  frame_ = frame;
  received_ = 0;
  for (std::uint64_t left = block.cells; left > 0; --left) {
    TM_RETURN_IF_ERROR(MergeCell(query->second, reader, slice, pane));
  }
  counts_[block.instance].received += received_;
  Account(slice);
  return {};
}

Status OpenCells::MergeCell(const MergeQuery& query, FrameReader& reader, Slice& slice,
                            Pane& pane) {
  const std::string_view key = reader.NextKey();
  const std::uint64_t hash = Hash64(key);
  if (ShufflePartitionOf(hash, merges_) != merge_)
    return Status::DataLoss("a key of another shuffle partition");
  Cell& cell = pane.cells.FindOrInsert(hash, key, query.layout().size(), slice.memory);
  if (frame_.value() < cell.stamp) {
    return Skip(query.layout(), reader.states()) ? Status() : Status::DataLoss("a cell is broken");
  }
  const std::uint64_t before = CellLayout::Events(cell.states());
  if (!query.layout().MergeEncoded(cell.states(), reader.states(), slice.arena)) {
    return Status::DataLoss("a cell is broken");
  }
  const std::uint64_t events = CellLayout::Events(cell.states()) - before;
  slice.events += events;
  received_ += events;
  if (track_ == Track::kDirtyCells && !cell.dirty) {
    cell.dirty = true;
    pane.dirty.push_back({hash, &cell});
  }
  return {};
}

bool OpenCells::Skip(const CellLayout& layout, ByteReader& in) {
  skipped_.assign(layout.size(), std::byte{0});
  skipped_arena_.Reset();
  if (!layout.MergeEncoded(skipped_.data(), in, skipped_arena_)) return false;
  received_ += CellLayout::Events(skipped_.data());
  return true;
}

Status OpenCells::Load(const StoredCell& stored, Offset first_frame) {
  const auto query = queries_.find(stored.id.instance);
  if (query == queries_.end()) return Status::DataLoss("a stored cell of an unknown query");
  const CellLayout& layout = query->second.layout();
  Slice& slice = OpenSlice({stored.id.instance, stored.id.slice_end}, first_frame);
  Pane& pane = slice.panes[stored.id.tag];
  Cell& cell =
      pane.cells.FindOrInsert(stored.id.key_hash, stored.id.key, layout.size(), slice.memory);
  ByteReader in(stored.states);
  if (!layout.MergeEncoded(cell.states(), in, slice.arena) || !in.at_end()) {
    return Status::DataLoss("a stored cell is broken");
  }
  cell.stamp = stored.stamp.value();
  slice.events += CellLayout::Events(cell.states());
  Account(slice);
  return {};
}

void OpenCells::Clear() {
  open_.clear();
  settled_.clear();
  bytes_ = 0;
}

Slice& OpenCells::OpenSlice(const SliceId& id, Offset frame) {
  const auto [slice, opened] = open_.try_emplace(id);
  if (opened) slice->second.first_frame = frame;
  return slice->second;
}

void OpenCells::Account(Slice& slice) {
  std::size_t bytes = sizeof(Slice) + slice.memory.bytes() + slice.arena.bytes();
  for (const auto& [tag, pane] : slice.panes) {
    bytes += sizeof(Pane) + pane.cells.bytes() +
             (pane.dirty.capacity() + pane.pending.capacity()) * sizeof(CellTable::Slot);
  }
  bytes_ += bytes - slice.bytes;
  slice.bytes = bytes;
}

void OpenCells::SettleBefore(const Trigger& bound) {
  for (auto slice = open_.begin(); slice != open_.end();) {
    const auto at = slice++;
    const MergeQuery& query = queries_.at(at->first.instance);
    const Trigger last{query.LastTrigger(at->first.slice_end), at->first.instance,
                       query.LastWindowEnd(at->first.slice_end)};
    if (last < bound) Settle(at);
  }
}

void OpenCells::SettleThrough(Watermark through) {
  SettleBefore(
      {.time = through.value() + 1, .instance = InstanceId(0U), .window_end = kNoWatermark});
}

void OpenCells::Settle(std::map<SliceId, Slice>::iterator slice) {
  counts_[slice->first.instance].settled += slice->second.events;
  settled_.insert(open_.extract(slice));
}

std::vector<SliceId> OpenCells::DropSettled() {
  std::vector<SliceId> dropped;
  dropped.reserve(settled_.size());
  for (const auto& [id, slice] : settled_) {
    dropped.push_back(id);
    bytes_ -= slice.bytes;
  }
  settled_.clear();
  return dropped;
}

std::optional<Offset> OpenCells::FirstFrame() const {
  std::optional<Offset> first;
  for (const auto& [id, slice] : open_) {
    if (!first || slice.first_frame < *first) first = slice.first_frame;
  }
  return first;
}

std::uint64_t OpenCells::cells() const {
  std::uint64_t cells = 0;
  for (const auto& [id, slice] : open_) {
    for (const auto& [tag, pane] : slice.panes) cells += pane.cells.size();
  }
  return cells;
}

std::uint64_t OpenCells::windows() const {
  std::set<std::pair<InstanceId, std::int64_t>> windows;
  for (const auto& [id, slice] : open_) {
    const MergeQuery& query = queries_.at(id.instance);
    const std::int64_t last = query.LastWindowEnd(id.slice_end);
    for (std::int64_t end = query.FirstWindowEnd(id.slice_end); end <= last;
         end += query.time().slide) {
      windows.emplace(id.instance, end);
    }
  }
  return windows.size();
}

std::string OpenCells::Largest() const {
  std::map<InstanceId, std::uint64_t> cells;
  for (const auto& [id, slice] : open_) {
    for (const auto& [tag, pane] : slice.panes) cells[id.instance] += pane.cells.size();
  }
  std::vector<std::pair<std::uint64_t, InstanceId>> order;
  for (const auto& [instance, count] : cells) order.emplace_back(count, instance);
  std::sort(order.rbegin(), order.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 3); ++i) {
    text += StrCat(i == 0 ? "" : ", ", queries_.at(order[i].second).plan().name, " (",
                   order[i].first, " cells)");
  }
  return text;
}

void OpenCells::BeginCheckpoint() {
  for (auto& [id, slice] : open_) {
    for (auto& [tag, pane] : slice.panes) {
      pane.pending.insert(pane.pending.end(), pane.dirty.begin(), pane.dirty.end());
      pane.dirty.clear();
      // Taken from the back, they reach the store in the order of its keys, which costs it a third.
      std::sort(pane.pending.begin(), pane.pending.end(),
                [](const CellTable::Slot& a, const CellTable::Slot& b) { return a.hash > b.hash; });
    }
  }
}

namespace {

void TakePendingOf(const SliceId& id, Slice& slice, std::size_t limit,
                   std::vector<OpenCells::DirtyCell>& out) {
  for (auto& [tag, pane] : slice.panes) {
    while (!pane.pending.empty() && out.size() < limit) {
      pane.pending.back().cell->dirty = false;
      out.push_back({id, tag, pane.pending.back()});
      pane.pending.pop_back();
    }
  }
}

}  // namespace

std::vector<OpenCells::DirtyCell> OpenCells::TakePending(std::size_t limit) {
  std::vector<DirtyCell> cells;
  for (auto& [id, slice] : open_) {
    if (cells.size() >= limit) break;
    TakePendingOf(id, slice, limit, cells);
  }
  return cells;
}

std::vector<OpenCells::DirtyCell> OpenCells::TakePendingSettled() {
  std::vector<DirtyCell> cells;
  for (auto& [id, slice] : settled_) {
    TakePendingOf(id, slice, std::numeric_limits<std::size_t>::max(), cells);
  }
  return cells;
}

void OpenCells::MarkDirty(const std::vector<DirtyCell>& cells) {
  for (const DirtyCell& cell : cells) {
    const auto slice = open_.find(cell.slice);
    if (slice == open_.end() || cell.slot.cell->dirty) continue;
    cell.slot.cell->dirty = true;
    slice->second.panes.at(cell.tag).pending.push_back(cell.slot);
  }
}

}  // namespace tidemark
