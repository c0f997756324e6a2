#include "task/restore.h"

#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

// No frame before `first_frame` feeds any of the cells.
class Loader : public CellVisitor {
 public:
  Loader(Offset first_frame, OpenCells& cells) : first_frame_(first_frame), cells_(cells) {}
  Status Visit(const StoredCell& cell) override { return cells_.Load(cell, first_frame_); }

 private:
  Offset first_frame_;
  OpenCells& cells_;
};

}  // namespace

Restore::Restore(Parts parts, ShufflePartition merge, MergeProgress committed)
    : parts_(parts), merge_(merge), committed_(std::move(committed)) {}

Restore::~Restore() = default;

std::optional<RestorePlan> Restore::Step() {
  if (!std::exchange(begun_, true) && !Begin()) return WithoutStore();
  Loader loader(committed_.replay_point.next_frame, *parts_.cells);
  const auto more = reading_->Visit(loader, kCellsPerStep);
  if (more.ok() && *more) return std::nullopt;
  reading_.reset();
  if (more.ok()) {
    parts_.checkpoint->SetMark(plan_.from.next_frame);
    return std::move(plan_);
  }
  parts_.cells->Clear();
  Discard(more.status());
  return WithoutStore();
}

bool Restore::Begin() {
  if (parts_.store == nullptr) return false;
  const auto mark = ReadMark(*parts_.store);
  if (!mark.ok()) {
    Discard(mark.status());
    return false;
  }
  plan_ = DecideRestore(*mark, committed_);
  if (plan_.from_mark) return BeginFromMark();
  if (*mark) {
    LogInfo(StrCat("merge-", merge_, ": the checkpoint is discarded: ", plan_.why_not_mark));
  }
  Discard(Status());
  return false;
}

bool Restore::BeginFromMark() {
  auto reading = parts_.store->ReadCells();
  if (!reading.ok()) {
    Discard(reading.status());
    return false;
  }
  reading_ = std::move(reading).value();
  return true;
}

void Restore::Discard(const Status& trouble) {
  if (!trouble.ok())
    LogWarning(StrCat("merge-", merge_, ": the checkpoint cannot be used: ", trouble.ToString()));
  const Status cleared = parts_.store->Clear();
  if (cleared.ok()) return;
  LogWarning(StrCat("merge-", merge_, " runs without checkpoints: ", cleared.ToString()));
  parts_.checkpoint->Disable();
}

}  // namespace tidemark
