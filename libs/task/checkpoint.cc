#include "task/checkpoint.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {

Checkpoint::Checkpoint(CellStore* store, const MergeQueries& queries, OpenCells& cells, Pace pace)
    : store_(store), queries_(queries), cells_(cells), pace_(pace) {}

bool Checkpoint::Ready(const MergeProgress& committed) const {
  return store_ != nullptr && !active() && !committed.cursor &&
         marked_ != committed.commit_point.next_frame;
}

bool Checkpoint::Useful(const MergeProgress& committed) const {
  return Ready(committed) && failed_at_ != committed.commit_point.next_frame;
}

bool Checkpoint::Due(MonotonicTime now, const MergeProgress& committed) const {
  return Ready(committed) && (!begun_ || now - *begun_ >= pace_.interval);
}

void Checkpoint::Begin(MonotonicTime now, const MergeProgress& committed) {
  TM_CHECK(!active() && !committed.cursor, "a checkpoint begins between closings");
  begun_ = now;
  at_ = committed;
  cells_.BeginCheckpoint();
}

void Checkpoint::Step(Offset next_frame) {
  const std::vector<OpenCells::DirtyCell> chunk = cells_.TakePending(pace_.chunk_cells);
  if (chunk.empty()) return WriteMark();
  if (const Status written = Write(chunk, next_frame); !written.ok()) Fail(written);
}

void Checkpoint::BeforeDrop(Offset next_frame) {
  if (!active()) return;
  if (const Status written = Write(cells_.TakePendingSettled(), next_frame); !written.ok())
    Fail(written);
}

void Checkpoint::Dropped(const std::vector<SliceId>& slices, Offset next_frame) {
  if (store_ == nullptr) return;
  for (const SliceId& slice : slices) {
    expired_.push_back({{.slice_end = slice.slice_end, .instance = slice.instance}, next_frame});
  }
}

Status Checkpoint::Write(const std::vector<OpenCells::DirtyCell>& cells, Offset stamp) {
  if (cells.empty()) return {};
  std::string states;
  std::vector<std::size_t> ends;
  ends.reserve(cells.size());
  for (const OpenCells::DirtyCell& cell : cells) {
    queries_.at(cell.slice.instance).layout().Encode(cell.slot.cell->states(), states);
    ends.push_back(states.size());
  }
  std::vector<StoredCell> stored;
  stored.reserve(cells.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const OpenCells::DirtyCell& cell = cells[i];
    stored.push_back({.id = {.slice_end = cell.slice.slice_end,
                             .instance = cell.slice.instance,
                             .tag = cell.tag,
                             .key_hash = cell.slot.hash,
                             .key = cell.slot.cell->key()},
                      .stamp = stamp,
                      .states = std::string_view(states).substr(begin, ends[i] - begin)});
    begin = ends[i];
  }
  const Status written = store_->WriteCells(stored);
  if (!written.ok()) cells_.MarkDirty(cells);
  return written;
}

void Checkpoint::WriteMark() {
  const Offset at = at_->commit_point.next_frame;
  std::vector<CellStore::ExpiredSlice> expired;
  for (const Expired& slice : expired_) {
    if (slice.at <= at) expired.push_back(slice.slice);
  }
  const Status written = store_->WriteMark(EncodeProgress(*at_), expired);
  if (!written.ok()) return Fail(written);
  std::erase_if(expired_, [at](const Expired& slice) { return slice.at <= at; });
  marked_ = at;
  at_.reset();
  ++completed_;
  if (std::exchange(trouble_, "").empty()) return;
  LogInfo(StrCat("checkpoints are written again, at frame ", at));
}

void Checkpoint::Fail(const Status& status) {
  std::string trouble = StrCat("no checkpoint can be written: ", status.ToString(),
                               "; nothing is lost, a restart replays more; it is tried again ",
                               "every ", FormatDuration(pace_.interval));
  if (trouble != trouble_) {
    LogWarning(StrCat("checkpoint at frame ", at_->commit_point.next_frame, ": ", trouble));
  }
  trouble_ = std::move(trouble);
  failed_at_ = at_->commit_point.next_frame;
  at_.reset();
}

}  // namespace tidemark
