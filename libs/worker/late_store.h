// The store of a task whose directory could not be opened when the task began: it is tried again at
// each write.
//
// The task begins without a checkpoint and has every cell to write. Whatever the directory holds is
// older than what the task knows, so it is cleared when it opens at last. Thread: that of its task.
#pragma once

#include <memory>

#include "state/cell_store.h"

namespace tidemark {

class LateStore final : public CellStore {
 public:
  // `stores` outlives this.
  LateStore(CellStores* stores, StoreIdentity identity);

  Result<std::optional<std::string>> ReadMark() override;
  Result<std::unique_ptr<CellReading>> ReadCells() override;
  Status WriteCells(const std::vector<StoredCell>& cells) override;
  Status WriteMark(std::string_view savepoint, const std::vector<ExpiredSlice>& expired) override;
  Status Clear() override;

 private:
  Status OpenCleared();

  CellStores* stores_;
  StoreIdentity identity_;
  std::unique_ptr<CellStore> store_;  // nullptr: not open yet
};

}  // namespace tidemark
