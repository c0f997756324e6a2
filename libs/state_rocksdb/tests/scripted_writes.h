// A random but repeatable sequence of writes to a cell store, and what a store holds after each of
// them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "state/cell_store.h"

namespace tidemark {

// What a store holds, in an order of its own.
struct StoreContent {
  using Key = std::tuple<std::int64_t, std::uint32_t, std::int64_t, std::uint64_t, std::string>;
  std::map<Key, std::pair<std::int64_t, std::string>> cells;  // stamp, states
  std::optional<std::string> mark;
  friend bool operator==(const StoreContent&, const StoreContent&) = default;
};

// Also fails a visit that is not in strictly ascending order.
class ContentReader : public CellVisitor {
 public:
  Status Visit(const StoredCell& cell) override {
    StoreContent::Key key{cell.id.slice_end, cell.id.instance.value(), cell.id.tag,
                          cell.id.key_hash, std::string(cell.id.key)};
    if (!content.cells.empty() && content.cells.rbegin()->first >= key) {
      return Status::Internal("cells are visited out of order");
    }
    content.cells[std::move(key)] = {cell.stamp.value(), std::string(cell.states)};
    return {};
  }
  StoreContent content;
};

inline Result<StoreContent> ReadContent(CellStore& store) {
  ContentReader reader;
  TM_RETURN_IF_ERROR(VisitCells(store, reader));
  TM_ASSIGN_OR_RETURN(reader.content.mark, store.ReadMark());
  return reader.content;
}

struct ScriptedWrite {
  std::vector<StoreContent::Key> cells;
  std::string states;
  bool is_mark = false;
  std::vector<CellStore::ExpiredSlice> expired;
};

inline std::vector<ScriptedWrite> MakeScript(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<ScriptedWrite> script(count);
  for (std::size_t i = 0; i < count; ++i) {
    ScriptedWrite& write = script[i];
    write.is_mark = random.Below(3) == 0;
    write.states = StrCat("states-", i);
    for (std::uint64_t n = random.Below(3); write.is_mark && n > 0; --n) {
      write.expired.push_back(
          {random.Between(-2, 3), InstanceId(1 + static_cast<std::uint32_t>(random.Below(2)))});
    }
    for (std::uint64_t n = random.Below(20); !write.is_mark && n > 0; --n) {
      write.cells.push_back({random.Between(-2, 3), 1 + static_cast<std::uint32_t>(random.Below(2)),
                             random.Between(-1, 1), random.Below(5),
                             StrCat("key-", random.Below(4))});
    }
  }
  return script;
}

inline Status Apply(const ScriptedWrite& write, std::size_t number, CellStore& store) {
  if (write.is_mark) return store.WriteMark(write.states, write.expired);
  std::vector<StoredCell> cells;
  for (const auto& [slice_end, instance, tag, hash, key] : write.cells) {
    cells.push_back({.id = {.slice_end = slice_end,
                            .instance = InstanceId(instance),
                            .tag = tag,
                            .key_hash = hash,
                            .key = key},
                     .stamp = Offset(static_cast<std::int64_t>(number)),
                     .states = write.states});
  }
  return store.WriteCells(cells);
}

inline void Apply(const ScriptedWrite& write, std::size_t number, StoreContent& content) {
  for (const StoreContent::Key& key : write.cells) {
    content.cells[key] = {static_cast<std::int64_t>(number), write.states};
  }
  for (const CellStore::ExpiredSlice& slice : write.expired) {
    std::erase_if(content.cells, [&](const auto& cell) {
      return std::get<0>(cell.first) == slice.slice_end &&
             std::get<1>(cell.first) == slice.instance.value();
    });
  }
  if (write.is_mark) content.mark = write.states;
}

// The content after the first `count` writes.
inline StoreContent ContentAfter(const std::vector<ScriptedWrite>& script, std::size_t count) {
  StoreContent content;
  for (std::size_t i = 0; i < count; ++i) Apply(script[i], i, content);
  return content;
}

}  // namespace tidemark
