#include "worker/late_store.h"

#include <utility>

namespace tidemark {
namespace {

class NoCells final : public CellReading {
 public:
  Result<bool> Visit(CellVisitor&, std::size_t) override { return false; }
};

}  // namespace

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

Result<std::unique_ptr<CellReading>> LateStore::ReadCells() {
  if (store_) return store_->ReadCells();
  return std::unique_ptr<CellReading>(std::make_unique<NoCells>());
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
