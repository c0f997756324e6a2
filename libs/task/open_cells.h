// The open windows of a merge task: for each slice its panes by late tag, for each pane its cells
// by key.
//
// A slice is open from its first partial until its last trigger has fired. Settle takes it out of
// the open ones and counts its events; its memory stays until DropSettled, which the task calls
// after the commit that holds the last chunk of the slice's last trigger. Received and settled
// counts follow the frames, also where a stamp lets a cell skip one.
//
// Invariant: received = settled + events of open slices, for each query, once a replay has caught
// up. Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aggregate/aggregate.h"
#include "base/status.h"
#include "shuffle/progress.h"
#include "state/cell_store.h"
#include "task/cell_table.h"
#include "task/merge_query.h"

namespace tidemark {

struct SliceId {
  InstanceId instance;
  std::int64_t slice_end = 0;
  friend auto operator<=>(const SliceId&, const SliceId&) = default;
};

// A moment in the order of triggers: (time, query instance, window end).
struct Trigger {
  std::int64_t time = 0;
  InstanceId instance;
  std::int64_t window_end = 0;
  friend auto operator<=>(const Trigger&, const Trigger&) = default;
};

struct Pane {
  CellTable cells;
  std::vector<CellTable::Slot>
      dirty;  // since the checkpoint in progress began, or since the last one
  std::vector<CellTable::Slot> pending;  // to be written by the checkpoint in progress
};

struct Slice {
  SliceMemory memory;
  StateArena arena;
  std::map<std::int64_t, Pane> panes;  // by tag
  Offset first_frame;                  // no frame before it feeds the slice
  std::uint64_t events = 0;            // in its cells
  std::size_t bytes = 0;               // as last accounted
};

class OpenCells {
 public:
  enum class Track : std::uint8_t { kNothing, kDirtyCells };

  // `queries` outlives it. Keys belong to partition `merge` of `merges`.
  OpenCells(const MergeQueries& queries, ShufflePartition merge, std::uint32_t merges, Track track);

  // Merges the cells of one block of the frame at `frame`, whose reader stands behind the block's
  // header, while the combined watermark is `combined`. An error means that the frame cannot be:
  // the task must stop, its cells are void.
  Status MergeBlock(const BlockHeader& block, FrameReader& reader, Offset frame,
                    std::optional<Watermark> combined);
  // Takes a cell of a checkpoint. No frame before `first_frame` feeds its slice. Its events count
  // as received already.
  Status Load(const StoredCell& stored, Offset first_frame);
  // Forgets every cell.
  void Clear();

  // Settles every slice whose last trigger is before `bound`, or at or before `through`.
  void SettleBefore(const Trigger& bound);
  void SettleThrough(Watermark through);
  // Releases what is settled and says what that was.
  std::vector<SliceId> DropSettled();

  const std::map<SliceId, Slice>& open() const { return open_; }
  // The first frame that feeds an open slice, nullopt if none is open.
  std::optional<Offset> FirstFrame() const;
  std::uint64_t cells() const;
  std::uint64_t windows() const;
  std::size_t bytes() const { return bytes_; }
  // The queries with the most cells, for an alarm: "asr (3000000 cells), pdd (20 cells)".
  std::string Largest() const;

  const std::map<InstanceId, InstanceCounts>& counts() const { return counts_; }
  void SetCounts(std::map<InstanceId, InstanceCounts> counts) { counts_ = std::move(counts); }
  void AddRows(InstanceId instance, std::uint64_t rows) { counts_[instance].rows += rows; }

  // One cell to be written to the checkpoint.
  struct DirtyCell {
    SliceId slice;
    std::int64_t tag = 0;
    CellTable::Slot slot;
  };
  // Every cell that is dirty now becomes pending.
  void BeginCheckpoint();
  // Takes up to `limit` pending cells of open slices; they count as clean.
  std::vector<DirtyCell> TakePending(std::size_t limit);
  // Takes all pending cells of settled slices.
  std::vector<DirtyCell> TakePendingSettled();
  // The cells could not be written.
  void MarkDirty(const std::vector<DirtyCell>& cells);

 private:
  Slice& OpenSlice(const SliceId& id, Offset frame);
  Status MergeCell(const MergeQuery& query, FrameReader& reader, Slice& slice, Pane& pane);
  bool Skip(const CellLayout& layout, ByteReader& in);
  void Account(Slice& slice);
  void Settle(std::map<SliceId, Slice>::iterator slice);

  const MergeQueries& queries_;
  ShufflePartition merge_;
  std::uint32_t merges_;
  Track track_;
  std::map<SliceId, Slice> open_;
  std::map<SliceId, Slice> settled_;
  std::map<InstanceId, InstanceCounts> counts_;
  std::size_t bytes_ = 0;
  Offset frame_;                // being merged
  std::uint64_t received_ = 0;  // events of the block being merged
  std::vector<std::byte> skipped_;
  StateArena skipped_arena_;
};

}  // namespace tidemark
