#include "worker/late_store.h"

#include <utility>

namespace tidemark {

LateStore::LateStore(CellStores* stores, StoreIdentity identity)
    : stores_(stores), identity_(std::move(identity)) {}

Status LateStore::OpenCleared() {
  if (store_) return {};
  TM_ASSIGN_OR_RETURN(auto store, stores_->Open(identity_));
  TM_RETURN_IF_ERROR(store->Clear());
  store_ = std::move(store);
  return {};
}

Result<std::optional<std::string>> LateStore::ReadMark() {
  if (store_) return store_->ReadMark();
  return std::optional<std::string>();
}

Status LateStore::ReadCells(CellVisitor& visitor) {
  return store_ ? store_->ReadCells(visitor) : Status();
}

Status LateStore::WriteCells(const std::vector<StoredCell>& cells) {
  TM_RETURN_IF_ERROR(OpenCleared());
  return store_->WriteCells(cells);
}

Status LateStore::WriteMark(std::string_view savepoint, const std::vector<ExpiredSlice>& expired) {
  TM_RETURN_IF_ERROR(OpenCleared());
  return store_->WriteMark(savepoint, expired);
}

Status LateStore::Clear() { return store_ ? store_->Clear() : Status(); }

}  // namespace tidemark
