#include "state_rocksdb/rocksdb_cell_stores.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/text.h"
#include "state_rocksdb/directory_lock.h"
#include "state_rocksdb/rocksdb_cell_store.h"

namespace tidemark {
namespace {

constexpr std::size_t kMiB = 1U << 20U;
constexpr std::size_t kMinCacheBytes = kMiB;
// A worker has at most some dozens of merge tasks: together they stay far below the usual limit of
// 1,024 files.
constexpr int kOpenFilesPerStore = 32;

rocksdb::Options MakeOptions(const RocksDbOptions& from) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(std::max(from.cache_bytes, kMinCacheBytes));
  table.block_size = 16U << 10U;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(from.write_buffer_bytes, table.block_cache);
  options.write_buffer_size = std::max(from.write_buffer_bytes / 4, kMiB);
  options.compression = rocksdb::kLZ4Compression;
  options.max_background_jobs = 2;
  // Several stores share a disk that may be small: nothing is reserved.
  options.allow_fallocate = false;
  options.manifest_preallocation_size = 64U << 10U;
  options.max_open_files = kOpenFilesPerStore;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

// Names are checked where they are made; here they become a path that may be removed.
bool IsPathComponent(std::string_view name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string_view::npos;
}

}  // namespace

RocksDbOptions RocksDbOptions::ForWorker(std::string state_dir, std::size_t worker_memory_bytes) {
  RocksDbOptions options;
  options.state_dir = std::move(state_dir);
  options.cache_bytes = std::max(worker_memory_bytes / 8, kMinCacheBytes);
  options.write_buffer_bytes = options.cache_bytes / 2;
  return options;
}

struct RocksDbCellStores::Shared {
  std::unique_ptr<DirectoryLock> lock;
  std::string state_dir;
  rocksdb::Options options;
  std::mutex mutex;
  std::set<std::string> open;  // directories; guarded by mutex
};

RocksDbCellStores::RocksDbCellStores(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
RocksDbCellStores::~RocksDbCellStores() = default;

Result<std::unique_ptr<RocksDbCellStores>> RocksDbCellStores::Create(
    const RocksDbOptions& options) {
  auto shared = std::make_shared<Shared>();
  TM_ASSIGN_OR_RETURN(shared->lock, DirectoryLock::Acquire(options.state_dir));
  shared->state_dir = options.state_dir;
  shared->options = MakeOptions(options);
  return std::unique_ptr<RocksDbCellStores>(new RocksDbCellStores(std::move(shared)));
}

Result<std::unique_ptr<CellStore>> RocksDbCellStores::Open(const StoreIdentity& identity) {
  if (!IsPathComponent(identity.cluster) || !IsPathComponent(identity.pipeline)) {
    return Status::Internal(StrCat("'", identity.cluster, "/", identity.pipeline, "' is no path"));
  }
  std::string directory =
      StrCat(shared_->state_dir, "/", identity.cluster, "/", identity.pipeline, "/",
             identity.incarnation.text(), "/", TaskId::Of(identity.merge).ToString());
  {
    const std::lock_guard guard(shared_->mutex);
    if (!shared_->open.insert(directory).second) {
      return Status::FailedPrecondition(StrCat("the store ", directory, " is open already"));
    }
  }
  auto release = [shared = shared_, directory] {
    const std::lock_guard guard(shared->mutex);
    shared->open.erase(directory);
  };
  auto store = RocksDbCellStore::Open(shared_->options, directory, identity);
  if (!store.ok()) {
    release();
    return store.status();
  }
  (*store)->OnClose(std::move(release));
  return std::unique_ptr<CellStore>(std::move(store).value());
}

}  // namespace tidemark
