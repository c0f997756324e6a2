#include "state/memory_cell_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

using OrderedKey = std::tuple<std::int64_t, InstanceId, std::int64_t, std::uint64_t, std::string>;

struct Cell {
  Offset stamp;
  std::string states;
};

OrderedKey ToOrderedKey(const CellKey& key) {
  return {key.slice_end, key.instance, key.tag, key.key_hash, std::string(key.key)};
}

StoredCell ToStoredCell(const OrderedKey& key, const Cell& cell) {
  return {.id = {.slice_end = std::get<0>(key),
                 .instance = std::get<1>(key),
                 .tag = std::get<2>(key),
                 .key_hash = std::get<3>(key),
                 .key = std::get<4>(key)},
          .stamp = cell.stamp,
          .states = cell.states};
}

using Cells = std::map<OrderedKey, Cell>;

// What one task's directory holds.
struct TaskContent {
  Cells durable;
  std::vector<Cells> batches;  // written after the last mark
  std::optional<std::string> mark;
};

void ApplyBatches(TaskContent& content, std::size_t count) {
  for (std::size_t i = 0; i < std::min(count, content.batches.size()); ++i) {
    for (auto& [key, cell] : content.batches[i]) content.durable[key] = std::move(cell);
  }
  content.batches.clear();
}

std::string NameOf(const StoreIdentity& identity) {
  return StrCat(identity.cluster, "/", identity.pipeline, "/", identity.incarnation.text(), "/",
                TaskId::Of(identity.merge).ToString());
}

}  // namespace

struct MemoryCellStores::Content {
  std::map<std::string, TaskContent> tasks;
};

struct MemoryCellStores::Disk {
  Content content;
  std::map<std::string, std::uint64_t> open;  // name -> generation of the live store
  std::uint64_t generation = 0;               // grows with every death of the process
  std::optional<Status> write_error;
  std::uint64_t marks_written = 0;

  void KillStores() {
    ++generation;
    open.clear();
  }
};

class Reading final : public CellReading {
 public:
  explicit Reading(Cells cells) : cells_(std::move(cells)), at_(cells_.begin()) {}

  Result<bool> Visit(CellVisitor& visitor, std::size_t most) override {
    for (std::size_t i = 0; i < most && at_ != cells_.end(); ++i, ++at_) {
      TM_RETURN_IF_ERROR(visitor.Visit(ToStoredCell(at_->first, at_->second)));
    }
    return at_ != cells_.end();
  }

 private:
  Cells cells_;
  Cells::const_iterator at_;
};

class MemoryCellStores::Store : public CellStore {
 public:
  Store(std::shared_ptr<Disk> disk, std::string name)
      : disk_(std::move(disk)), name_(std::move(name)), generation_(disk_->generation) {
    disk_->open[name_] = generation_;
  }
  ~Store() override {
    if (Alive().ok()) disk_->open.erase(name_);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Result<std::optional<std::string>> ReadMark() override {
    TM_RETURN_IF_ERROR(Alive());
    return content().mark;
  }

  Result<std::unique_ptr<CellReading>> ReadCells() override {
    TM_RETURN_IF_ERROR(Alive());
    TaskContent seen = content();
    ApplyBatches(seen, seen.batches.size());
    return std::unique_ptr<CellReading>(std::make_unique<Reading>(std::move(seen.durable)));
  }

  Status WriteCells(const std::vector<StoredCell>& cells) override {
    TM_RETURN_IF_ERROR(Writable());
    Cells batch;
    for (const StoredCell& cell : cells) {
      batch[ToOrderedKey(cell.id)] = {cell.stamp, std::string(cell.states)};
    }
    content().batches.push_back(std::move(batch));
    return {};
  }

  Status WriteMark(std::string_view savepoint, const std::vector<ExpiredSlice>& expired) override {
    TM_RETURN_IF_ERROR(Writable());
    TaskContent& into = content();
    ApplyBatches(into, into.batches.size());
    std::erase_if(into.durable, [&](const auto& cell) {
      const ExpiredSlice slice{std::get<0>(cell.first), std::get<1>(cell.first)};
      return std::find(expired.begin(), expired.end(), slice) != expired.end();
    });
    into.mark = std::string(savepoint);
    ++disk_->marks_written;
    return {};
  }

  Status Clear() override {
    TM_RETURN_IF_ERROR(Writable());
    content() = {};
    return {};
  }

 private:
  TaskContent& content() { return disk_->content.tasks[name_]; }

  Status Alive() const {
    if (generation_ == disk_->generation) return {};
    return Status::Unavailable("the process of this store is dead");
  }
  Status Writable() const {
    TM_RETURN_IF_ERROR(Alive());
    return disk_->write_error.value_or(Status());
  }

  std::shared_ptr<Disk> disk_;
  std::string name_;
  std::uint64_t generation_;
};

MemoryCellStores::MemoryCellStores() : disk_(std::make_shared<Disk>()) {}
MemoryCellStores::~MemoryCellStores() { disk_->KillStores(); }

Result<std::unique_ptr<CellStore>> MemoryCellStores::Open(const StoreIdentity& identity) {
  std::string name = NameOf(identity);
  if (disk_->open.contains(name)) {
    return Status::FailedPrecondition(StrCat("the store ", name, " is open already"));
  }
  return std::unique_ptr<CellStore>(std::make_unique<Store>(disk_, std::move(name)));
}

void MemoryCellStores::Kill(std::size_t surviving_batches) {
  disk_->KillStores();
  for (auto& [name, content] : disk_->content.tasks) ApplyBatches(content, surviving_batches);
}

void MemoryCellStores::Lose() {
  disk_->KillStores();
  disk_->content = {};
}

MemoryCellStores::Snapshot MemoryCellStores::Save() const {
  auto copy = std::make_shared<Content>(disk_->content);
  for (auto& [name, content] : copy->tasks) ApplyBatches(content, content.batches.size());
  return copy;
}

void MemoryCellStores::Restore(const Snapshot& snapshot) {
  disk_->KillStores();
  disk_->content = *snapshot;
}

void MemoryCellStores::SetWriteError(std::optional<Status> error) {
  disk_->write_error = std::move(error);
}

std::uint64_t MemoryCellStores::marks_written() const { return disk_->marks_written; }

}  // namespace tidemark
