// The cells of one merge task in one RocksDB. See rocksdb_cell_stores.h.
#pragma once

#include <rocksdb/db.h>

#include <functional>
#include <memory>
#include <string>

#include "state/cell_store.h"

namespace tidemark {

class RocksDbCellStore : public CellStore {
 public:
  // Opens the directory, or discards its content and begins anew if it is not readable or not of
  // this identity.
  static Result<std::unique_ptr<RocksDbCellStore>> Open(const rocksdb::Options& options,
                                                        std::string directory,
                                                        const StoreIdentity& identity);
  ~RocksDbCellStore() override;
  RocksDbCellStore(const RocksDbCellStore&) = delete;
  RocksDbCellStore& operator=(const RocksDbCellStore&) = delete;

  // Runs once the database is closed.
  void OnClose(std::function<void()> on_close) { on_close_ = std::move(on_close); }

  Result<std::optional<std::string>> ReadMark() override;
  Result<std::unique_ptr<CellReading>> ReadCells() override;
  Status WriteCells(const std::vector<StoredCell>& cells) override;
  Status WriteMark(std::string_view savepoint, const std::vector<ExpiredSlice>& expired) override;
  Status Clear() override;

 private:
  class Reading;
  RocksDbCellStore(const rocksdb::Options& options, std::string directory, std::string identity);
  Status OpenDatabase();
  // True: the content is this task's. False: it is of no use and says why in the log.
  Result<bool> IsOurs();
  Status Write(rocksdb::WriteBatch& batch);
  // False after a Clear that failed half-way.
  Status Usable() const;
  // After a failed write the database refuses all others until it is resumed; a full disk can be,
  // other errors cannot.
  Status ResumeIfFailed();
  Status Checked(const rocksdb::Status& status);
  Status ToStatus(const rocksdb::Status& status) const;

  rocksdb::Options options_;
  std::string directory_;
  std::string identity_;  // encoded
  std::unique_ptr<rocksdb::DB> database_;
  std::function<void()> on_close_;
  bool failed_ = false;
};

}  // namespace tidemark
