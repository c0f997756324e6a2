// Writes a merge task's open cells to its store, in chunks between frames (protocol 4).
//
// A checkpoint begins at a committed savepoint P. Every cell that is dirty then is written with its
// absolute state and the offset of the next frame as its stamp, so it may be written at any later
// time; after the last one the mark says that every cell is complete up to P, and drops the slices
// that had expired by then. A slice that expires meanwhile is written first: a replay from P closes
// it again, output discarded, and counts its events. The store is an aid: an error is a warning,
// the task goes on without a checkpoint and tries at the next interval.
//
// Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shuffle/progress.h"
#include "state/cell_store.h"
#include "task/merge_query.h"
#include "task/open_cells.h"

namespace tidemark {

class Checkpoint {
 public:
  struct Pace {
    Duration interval{10'000};
    std::size_t chunk_cells = 5'000;
  };

  // All outlive it; `store` may be nullptr: then nothing is ever due.
  Checkpoint(CellStore* store, const MergeQueries& queries, OpenCells& cells, Pace pace);

  // The savepoint of the mark that the store holds, as far as this task knows.
  void SetMark(Offset next_frame) { marked_ = next_frame; }
  // Writes nothing from now on: the store holds what cannot be cleared.
  void Disable() { store_ = nullptr; }
  bool active() const { return at_.has_value(); }
  // True if the interval has passed and `committed` lies beyond the mark, also if one failed at it.
  bool Due(MonotonicTime now, const MergeProgress& committed) const;
  // True if a checkpoint of `committed` would tell the store something, and none failed at it.
  bool Useful(const MergeProgress& committed) const;
  // REQUIRES: !active(), the cells are as of `committed`, which is between closings.
  void Begin(MonotonicTime now, const MergeProgress& committed);
  // Writes one chunk, or the mark after the last one. `next_frame` is the next to be applied.
  // REQUIRES: active().
  void Step(Offset next_frame);
  // The settled slices are about to be dropped.
  void BeforeDrop(Offset next_frame);
  // They were, at a savepoint whose next frame is `next_frame`.
  void Dropped(const std::vector<SliceId>& slices, Offset next_frame);
  std::uint64_t completed() const { return completed_; }
  // Why the last one was given up; "" if it was not.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Expired {
    CellStore::ExpiredSlice slice;
    Offset at;
  };

  bool Ready(const MergeProgress& committed) const;
  Status Write(const std::vector<OpenCells::DirtyCell>& cells, Offset stamp);
  void WriteMark();
  void Fail(const Status& status);

  CellStore* store_;
  const MergeQueries& queries_;
  OpenCells& cells_;
  Pace pace_;
  std::optional<MergeProgress> at_;
  std::optional<Offset> marked_;
  std::optional<Offset> failed_at_;
  std::optional<MonotonicTime> begun_;
  std::vector<Expired> expired_;  // not yet dropped from the store
  std::uint64_t completed_ = 0;
  std::string trouble_;
};

}  // namespace tidemark
