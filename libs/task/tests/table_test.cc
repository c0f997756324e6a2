#include "task/table.h"

#include <rapidcheck.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "shuffle/key.h"
#include "task/group_keys.h"
#include "task/tests/key_columns.h"

namespace tidemark {
namespace {

QueryPlan CountQuery() {
  QueryPlan query;
  query.states.push_back({.state = {.function = FindStateFunction("count", 1)}});
  return query;
}

struct Event {
  std::string key;
  std::int64_t slice_end = 0;
  std::int64_t tag = 0;
};

// A table with the keys that its cells name.
struct Scene {
  KeyInterner keys;
  Table table{CellLayout(CountQuery()), keys.AddMemo()};

  InternedKey* Intern(const std::string& bytes) {
    const std::string_view candidate = bytes;
    InternedKey* key = nullptr;
    keys.Intern(std::span(&candidate, 1), std::span(&key, 1));
    return key;
  }
  void Clear() {
    table.Clear();
    keys.Clear();
  }
};

// Adds one to the event count of each event's cell, in groups of `group`.
void Add(Scene& scene, const std::vector<Event>& events, std::size_t group) {
  Table& table = scene.table;
  for (std::size_t begin = 0; begin < events.size(); begin += group) {
    std::vector<Table::Probe> probes;
    for (std::size_t i = begin; i < std::min(begin + group, events.size()); ++i) {
      probes.push_back({.key = scene.Intern(events[i].key),
                        .pane = table.PaneOf(events[i].slice_end, events[i].tag)});
    }
    std::vector<std::byte*> cells(probes.size());
    table.Find(probes, cells);
    for (std::byte* cell : cells) {
      std::uint64_t count = 0;
      std::memcpy(&count, cell, sizeof count);
      ++count;
      std::memcpy(cell, &count, sizeof count);
    }
  }
}

using CellId = std::tuple<std::int64_t, std::int64_t, std::string>;  // slice end, tag, key

struct Flushed {
  std::vector<std::string> frames;
  std::map<CellId, std::uint64_t> counts;
  std::vector<std::pair<std::int64_t, std::int64_t>>
      panes;  // in the order of their blocks in partition 0
};

Flushed Flush(Scene& scene, std::uint32_t partitions) {
  std::vector<FrameWriter> writers(partitions, FrameWriter(FrameHeader{}));
  scene.table.Flush(InstanceId(7U), writers);
  Flushed flushed;
  for (std::uint32_t d = 0; d < partitions; ++d) {
    flushed.frames.push_back(writers[d].Finish().at(0));
    FrameReader reader = FrameReader::Open(flushed.frames.back()).value();
    while (const std::optional<BlockHeader> block = reader.NextBlock().value()) {
      if (d == 0) flushed.panes.emplace_back(block->slice_end, block->tag);
      REQUIRE(block->instance == InstanceId(7U));
      for (std::uint64_t i = 0; i < block->cells; ++i) {
        const std::string key(reader.NextKey());
        REQUIRE(ShufflePartitionOf(Hash64(key), partitions).value() == d);
        StateArena arena;
        std::uint64_t count = 0;
        REQUIRE(FindStateFunction("count", 1)
                    ->merge_encoded(reinterpret_cast<std::byte*>(&count), reader.states(), arena));
        REQUIRE(flushed.counts.emplace(CellId{block->slice_end, block->tag, key}, count).second);
      }
    }
  }
  return flushed;
}

std::vector<Event> EventsOf(
    const std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>& numbers) {
  std::vector<Event> events;
  for (const auto& [key, slice, tag] : numbers) {
    events.push_back(
        {std::string(key % 50, 'k') + std::to_string(key), slice % 5 * 1'000, tag % 3 * 500});
  }
  return events;
}

TEST_CASE("a table holds exactly one cell per slice, tag and key, whatever the groups") {
  CHECK(rc::check(
      [](const std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>& numbers) {
        const std::vector<Event> events = EventsOf(numbers);
        std::map<CellId, std::uint64_t> expected;
        for (const Event& event : events) ++expected[{event.slice_end, event.tag, event.key}];
        const auto group = *rc::gen::inRange<std::size_t>(1, Table::kGroup + 1);
        Scene scene;
        Add(scene, events, group);
        RC_ASSERT(scene.table.cells() == expected.size());
        RC_ASSERT(Flush(scene, 4).counts == expected);
      }));
}

TEST_CASE("a key that is new twice in one group gets one cell") {
  Scene scene;
  Add(scene, {{"a", 1, 0}, {"a", 1, 0}, {"b", 1, 0}, {"a", 1, 0}}, Table::kGroup);
  CHECK(scene.table.cells() == 2);
  CHECK(Flush(scene, 1).counts ==
        std::map<CellId, std::uint64_t>{{{1, 0, "a"}, 3}, {{1, 0, "b"}, 1}});
}

TEST_CASE("a table grows far beyond its first slots and loses nothing") {
  std::vector<Event> events;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20'000; ++i) events.push_back({"key " + std::to_string(i), i % 7, 0});
  }
  Scene scene;
  Add(scene, events, Table::kGroup);
  const Flushed flushed = Flush(scene, 8);
  CHECK(flushed.counts.size() == 20'000);
  for (const auto& [id, count] : flushed.counts) REQUIRE(count == 2);
}

TEST_CASE("more panes than are remembered stay apart") {
  std::vector<Event> events;
  for (int round = 0; round < 2; ++round) {
    for (int pane = 0; pane < 2'000; ++pane) events.push_back({"k", pane * 1'000, pane % 2});
  }
  Scene scene;
  Add(scene, events, Table::kGroup);
  CHECK(Flush(scene, 1).counts.size() == 2'000);
}

TEST_CASE("blocks come by slice end, then tag, and equal input gives equal bytes") {
  const std::vector<Event> events = {
      {"x", 3'000, 0}, {"y", 1'000, 500}, {"z", 1'000, 0}, {"x", 1'000, 0}};
  Scene scene;
  Add(scene, events, 3);
  const Flushed first = Flush(scene, 1);
  CHECK(first.panes ==
        std::vector<std::pair<std::int64_t, std::int64_t>>{{1'000, 0}, {1'000, 500}, {3'000, 0}});
  scene.Clear();
  Add(scene, events, 1);
  CHECK(Flush(scene, 1).frames == first.frames);
}

TEST_CASE("a cleared table holds nothing and its cells start from zero") {
  Scene scene;
  const std::size_t empty = scene.table.bytes();
  Add(scene, {{"a", 1, 0}}, 1);
  CHECK(scene.table.bytes() > empty);
  scene.Clear();
  CHECK(scene.table.bytes() == empty);
  CHECK(Flush(scene, 2).counts.empty());
  Add(scene, {{"a", 1, 0}}, 1);
  CHECK(Flush(scene, 1).counts == std::map<CellId, std::uint64_t>{{{1, 0, "a"}, 1}});
}

TEST_CASE("tables that share keys keep their cells apart") {
  KeyInterner keys;
  const std::size_t first = keys.AddMemo();
  const std::size_t second = keys.AddMemo();
  Table a{CellLayout(CountQuery()), first};
  Table b{CellLayout(CountQuery()), second};
  const std::string_view candidate = "k";
  InternedKey* key = nullptr;
  keys.Intern(std::span(&candidate, 1), std::span(&key, 1));
  const auto find = [key](Table& table) {
    const Table::Probe probe{.key = key, .pane = table.PaneOf(1'000, 0)};
    std::byte* cell = nullptr;
    table.Find(std::span(&probe, 1), std::span(&cell, 1));
    return cell;
  };
  std::byte* const in_a = find(a);
  CHECK(find(b) != in_a);
  CHECK(find(a) == in_a);
}

TEST_CASE("a cleared table does not trust what keys that stayed remember") {
  Scene scene;
  Add(scene, {{"a", 1, 0}, {"b", 1, 0}}, 2);
  scene.table.Clear();
  Add(scene, {{"b", 1, 0}}, 1);
  CHECK(Flush(scene, 1).counts == std::map<CellId, std::uint64_t>{{{1, 0, "b"}, 1}});
}

// 16 bytes, so that the print of 16 bytes beginning with `begin` is that of eight zeros and
// `other`.
std::string OfOnePrint(std::uint64_t begin, std::uint64_t other) {
  const auto mix = [](std::uint64_t print, std::uint64_t word) {
    return std::rotl((print ^ word) * 0x9E3779B97F4A7C15U, 32);
  };
  const std::uint64_t first = mix(0, 16);
  const std::uint64_t end = other ^ mix(first, 0) ^ mix(first, begin);
  std::string key(16, '\0');
  std::memcpy(key.data(), &begin, 8);
  std::memcpy(key.data() + 8, &end, 8);
  return key;
}

TEST_CASE("equal bytes are one key and different ones, also of one print, are not") {
  KeyInterner keys;
  std::vector<std::string> bytes = {"b", "some key of more than a word", "b",
                                    "some key of more than a word"};
  for (std::uint64_t i = 0; i < 4; ++i) bytes.push_back(OfOnePrint(i, 7));
  REQUIRE(KeyInterner::PrintOf(bytes[4]) == KeyInterner::PrintOf(bytes[7]));
  for (int round = 0; round < 2; ++round) {
    const std::vector<std::string_view> candidates(bytes.begin(), bytes.end());
    std::vector<InternedKey*> found(bytes.size());
    keys.Intern(candidates, found);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(found[i]->bytes() == bytes[i]);
      CHECK(found[i]->hash == Hash64(bytes[i]));
    }
    CHECK(found[0] == found[2]);
    CHECK(found[1] == found[3]);
    CHECK(keys.size() == 6);
  }
  keys.Clear();
  CHECK(keys.size() == 0);
  CHECK(keys.bytes() == 0);
}

TEST_CASE("a print depends on every byte and on the length") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 70);
    std::string key(size, 'a');
    std::set<std::uint64_t> prints = {KeyInterner::PrintOf(key), KeyInterner::PrintOf(key + 'a')};
    for (char& byte : key) {
      byte = 'b';
      prints.insert(KeyInterner::PrintOf(key));
      byte = 'a';
    }
    RC_ASSERT(prints.size() == size + 2);
  }));
}

// The keys of all rows of a batch, grouped by every column.
std::vector<InternedKey*> KeysOf(GroupKeys& keys, std::size_t set, KeyColumns& rows) {
  const std::vector<const Column*> columns = rows.pointers();
  JudgedBatch batch{DecodeSpec{}};
  batch.rows.rows = columns.empty() ? 0 : columns[0]->size();
  for (std::uint32_t row = 0; row < batch.rows.rows; ++row) batch.live.push_back(row);
  batch.rows.columns = std::move(rows.columns);
  keys.NextBatch();
  std::vector<InternedKey*> found = keys.Of(set, batch, batch.live);
  rows.columns = std::move(batch.rows.columns);
  return found;
}

TEST_CASE("a row gets the one key of its canonical bytes, or none if they are too many") {
  CHECK(rc::check([] {
    GroupKeys keys;
    KeyColumns rows(70);
    QueryPlan query = CountQuery();
    for (std::size_t i = 0; i < rows.columns.size(); ++i) query.group.push_back({.column = i});
    const std::size_t set = keys.Add(query).set;
    std::map<std::string, InternedKey*> known;
    for (int round = 0; round < 2; ++round) {
      const std::vector<InternedKey*> found = KeysOf(keys, set, rows);
      for (std::uint32_t row = 0; row < found.size(); ++row) {
        const std::optional<std::string> bytes = rows.KeyOf(row);
        RC_ASSERT((found[row] == nullptr) == !bytes.has_value());
        if (!bytes) continue;
        RC_ASSERT(known.try_emplace(*bytes, found[row]).first->second == found[row]);
        RC_ASSERT(found[row]->bytes() == *bytes);
        RC_ASSERT(found[row]->hash == Hash64(*bytes));
      }
    }
  }));
}

}  // namespace
}  // namespace tidemark
