#include "state_rocksdb/rocksdb_cell_store.h"

#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "state_rocksdb/cell_codec.h"

namespace tidemark {
namespace {

// Below kCellPrefix.
constexpr std::string_view kIdentityKey{"\0identity", 9};
constexpr std::string_view kMarkKey{"\0mark", 5};

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::WriteOptions WithoutLog() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

rocksdb::ReadOptions Scan() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.total_order_seek = true;
  return options;
}

// RocksDB ends the process when it goes on writing to a file after a write to it failed for want of
// space, so it is not asked to write at all when there is less than this. Unit bytes.
constexpr std::uintmax_t kLeastFree = 1U << 20U;

Status CheckSpace(const std::string& directory) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error || space.available >= kLeastFree) return {};
  return {StatusCode::kResourceExhausted,
          StrCat("store ", directory, ": the disk has ", space.available,
                 " bytes left: No space left on device: free some disk space"),
          Blame::kExternal, Retry::kBackoff};
}

// The content is damaged or of an unknown kind, as opposed to a disk that does not answer now.
bool IsUnreadable(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsInvalidArgument() || status.IsNotSupported() ||
         status.IsNotFound() || status.IsPathNotFound();
}

Result<StoredCell> ToCell(const rocksdb::Iterator& at) {
  const auto key = DecodeCellKey(ToView(at.key()));
  const auto value = DecodeCellValue(ToView(at.value()));
  if (!key || !value) return Status::DataLoss("a stored cell is malformed");
  return StoredCell{.id = *key, .stamp = value->stamp, .states = value->states};
}

}  // namespace

RocksDbCellStore::RocksDbCellStore(const rocksdb::Options& options, std::string directory,
                                   std::string identity)
    : options_(options), directory_(std::move(directory)), identity_(std::move(identity)) {}

RocksDbCellStore::~RocksDbCellStore() {
  database_.reset();
  if (on_close_) on_close_();
}

Result<std::unique_ptr<RocksDbCellStore>> RocksDbCellStore::Open(const rocksdb::Options& options,
                                                                 std::string directory,
                                                                 const StoreIdentity& identity) {
  std::unique_ptr<RocksDbCellStore> store(
      new RocksDbCellStore(options, std::move(directory), EncodeIdentity(identity)));
  Status opened = store->OpenDatabase();
  if (opened.code() == StatusCode::kDataLoss) {
    LogWarning(StrCat("discarding the unreadable store ", store->directory_, " (", opened.message(),
                      "): its cells come back from the shuffle log"));
    opened = store->Clear();
  }
  TM_RETURN_IF_ERROR(opened);
  TM_ASSIGN_OR_RETURN(const bool ours, store->IsOurs());
  if (!ours) TM_RETURN_IF_ERROR(store->Clear());
  return store;
}

Status RocksDbCellStore::OpenDatabase() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) {
    return Status::Unavailable(StrCat("cannot create ", directory_, ": ", error.message()));
  }
  TM_RETURN_IF_ERROR(CheckSpace(directory_));
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options_, directory_, &database);
  database_.reset(database);
  failed_ = false;
  if (IsUnreadable(status)) return Status::DataLoss(status.ToString());
  return ToStatus(status);
}

Result<bool> RocksDbCellStore::IsOurs() {
  std::string found;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), ToSlice(kIdentityKey), &found);
  if (status.ok() && found == identity_) return true;
  if (status.ok()) {
    LogInfo(
        StrCat("discarding the store ", directory_, ": it is another task's or of another format"));
    return false;
  }
  if (!status.IsNotFound()) {
    LogWarning(
        StrCat("discarding the unreadable store ", directory_, " (", status.ToString(), ")"));
  }
  return false;
}

Result<std::optional<std::string>> RocksDbCellStore::ReadMark() {
  TM_RETURN_IF_ERROR(Usable());
  std::string mark;
  const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), ToSlice(kMarkKey), &mark);
  if (status.IsNotFound()) return std::optional<std::string>();
  TM_RETURN_IF_ERROR(ToStatus(status));
  return std::optional(std::move(mark));
}

class RocksDbCellStore::Reading final : public CellReading {
 public:
  Reading(const RocksDbCellStore& store, std::unique_ptr<rocksdb::Iterator> at)
      : store_(store), at_(std::move(at)) {}

  Result<bool> Visit(CellVisitor& visitor, std::size_t most) override {
    for (std::size_t i = 0; i < most && at_->Valid(); ++i, at_->Next()) {
      TM_ASSIGN_OR_RETURN(const StoredCell cell, ToCell(*at_));
      TM_RETURN_IF_ERROR(visitor.Visit(cell));
    }
    TM_RETURN_IF_ERROR(store_.ToStatus(at_->status()));
    return at_->Valid();
  }

 private:
  const RocksDbCellStore& store_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

Result<std::unique_ptr<CellReading>> RocksDbCellStore::ReadCells() {
  TM_RETURN_IF_ERROR(Usable());
  std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(Scan()));
  at->Seek(rocksdb::Slice(&kCellPrefix, 1));
  TM_RETURN_IF_ERROR(ToStatus(at->status()));
  return std::unique_ptr<CellReading>(std::make_unique<Reading>(*this, std::move(at)));
}

Status RocksDbCellStore::WriteCells(const std::vector<StoredCell>& cells) {
  rocksdb::WriteBatch batch;
  for (const StoredCell& cell : cells) {
    TM_RETURN_IF_ERROR(
        ToStatus(batch.Put(EncodeCellKey(cell.id), EncodeCellValue(cell.stamp, cell.states))));
  }
  return Write(batch);
}

Status RocksDbCellStore::WriteMark(std::string_view savepoint,
                                   const std::vector<ExpiredSlice>& expired) {
  rocksdb::WriteBatch batch;
  for (const ExpiredSlice& slice : expired) {
    const CellRange range = RangeOfSlice(slice);
    TM_RETURN_IF_ERROR(ToStatus(batch.DeleteRange(range.begin, range.end)));
  }
  TM_RETURN_IF_ERROR(ToStatus(batch.Put(ToSlice(kMarkKey), ToSlice(savepoint))));
  TM_RETURN_IF_ERROR(Write(batch));
  rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;
  return Checked(database_->Flush(flush));
}

Status RocksDbCellStore::Clear() {
  database_.reset();
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
  if (error) {
    return Status::Unavailable(StrCat("cannot remove ", directory_, ": ", error.message()));
  }
  TM_RETURN_IF_ERROR(OpenDatabase());
  rocksdb::WriteBatch batch;
  TM_RETURN_IF_ERROR(ToStatus(batch.Put(ToSlice(kIdentityKey), ToSlice(identity_))));
  return Write(batch);
}

Status RocksDbCellStore::Write(rocksdb::WriteBatch& batch) {
  TM_RETURN_IF_ERROR(CheckSpace(directory_));
  TM_RETURN_IF_ERROR(ResumeIfFailed());
  return Checked(database_->Write(WithoutLog(), &batch));
}

Status RocksDbCellStore::Usable() const {
  if (database_) return {};
  return Status::Unavailable(StrCat("store ", directory_, " is closed: it could not be cleared"));
}

Status RocksDbCellStore::ResumeIfFailed() {
  TM_RETURN_IF_ERROR(Usable());
  return failed_ ? Checked(database_->Resume()) : Status();
}

Status RocksDbCellStore::Checked(const rocksdb::Status& status) {
  failed_ = !status.ok();
  return ToStatus(status);
}

Status RocksDbCellStore::ToStatus(const rocksdb::Status& status) const {
  if (status.ok()) return {};
  const std::string message = StrCat("store ", directory_, ": ", status.ToString());
  if (status.IsNoSpace()) {
    return {StatusCode::kResourceExhausted, StrCat(message, ": free some disk space"),
            Blame::kExternal, Retry::kBackoff};
  }
  if (status.IsCorruption()) return Status::DataLoss(message);
  return Status::Unavailable(message);
}

}  // namespace tidemark
