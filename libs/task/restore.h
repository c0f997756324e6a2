// Brings a merge task's cells to the savepoint from which it replays: to the mark of its store, the
// cells loaded in portions, or to the replay point with none.
//
// A store whose content is of no use is cleared; one that cannot even be cleared keeps no
// checkpoint from then on. Thread: owned by one task thread.
#pragma once

#include <memory>
#include <optional>

#include "model/ids.h"
#include "task/checkpoint.h"
#include "task/replay.h"

namespace tidemark {

class Restore {
 public:
  // Of one step, so that other tasks of the thread go on meanwhile: some 10 ms.
  static constexpr std::size_t kCellsPerStep = 2'000;

  // All outlive it; `store` may be nullptr.
  struct Parts {
    CellStore* store = nullptr;
    Checkpoint* checkpoint = nullptr;
    OpenCells* cells = nullptr;
  };
  Restore(Parts parts, ShufflePartition merge, MergeProgress committed);
  ~Restore();

  // nullopt: step again. After the plan the cells are as of plan.from.
  std::optional<RestorePlan> Step();

 private:
  // False: there is nothing to load.
  bool Begin();
  bool BeginFromMark();
  RestorePlan WithoutStore() const { return DecideRestore(std::nullopt, committed_); }
  void Discard(const Status& trouble);

  Parts parts_;
  ShufflePartition merge_;
  MergeProgress committed_;
  RestorePlan plan_;
  bool begun_ = false;
  std::unique_ptr<CellReading> reading_;
};

}  // namespace tidemark
