#include "task/table.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <tuple>

#include "base/hash.h"
#include "shuffle/key.h"

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

// Adds one to the event count of each event's cell, in groups of `group`.
void Add(Table& table, const std::vector<Event>& events, std::size_t group) {
  for (std::size_t begin = 0; begin < events.size(); begin += group) {
    std::vector<Table::Probe> probes;
    for (std::size_t i = begin; i < std::min(begin + group, events.size()); ++i) {
      probes.push_back({.key_hash = Hash64(events[i].key),
                        .key = events[i].key,
                        .pane = table.PaneOf({events[i].slice_end, events[i].tag})});
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

Flushed Flush(Table& table, std::uint32_t partitions) {
  std::vector<FrameWriter> writers(partitions, FrameWriter(FrameHeader{}));
  table.Flush(InstanceId(7U), writers);
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
        Table table{CellLayout(CountQuery())};
        Add(table, events, group);
        RC_ASSERT(table.cells() == expected.size());
        RC_ASSERT(Flush(table, 4).counts == expected);
      }));
}

TEST_CASE("a key that is new twice in one group gets one cell") {
  Table table{CellLayout(CountQuery())};
  Add(table, {{"a", 1, 0}, {"a", 1, 0}, {"b", 1, 0}, {"a", 1, 0}}, Table::kGroup);
  CHECK(table.cells() == 2);
  CHECK(Flush(table, 1).counts ==
        std::map<CellId, std::uint64_t>{{{1, 0, "a"}, 3}, {{1, 0, "b"}, 1}});
}

TEST_CASE("a table grows far beyond its first slots and loses nothing") {
  std::vector<Event> events;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20'000; ++i) events.push_back({"key " + std::to_string(i), i % 7, 0});
  }
  Table table{CellLayout(CountQuery())};
  Add(table, events, Table::kGroup);
  const Flushed flushed = Flush(table, 8);
  CHECK(flushed.counts.size() == 20'000);
  for (const auto& [id, count] : flushed.counts) REQUIRE(count == 2);
}

TEST_CASE("more panes than are remembered stay apart") {
  std::vector<Event> events;
  for (int round = 0; round < 2; ++round) {
    for (int pane = 0; pane < 2'000; ++pane) events.push_back({"k", pane * 1'000, pane % 2});
  }
  Table table{CellLayout(CountQuery())};
  Add(table, events, Table::kGroup);
  CHECK(Flush(table, 1).counts.size() == 2'000);
}

TEST_CASE("blocks come by slice end, then tag, and equal input gives equal bytes") {
  const std::vector<Event> events = {
      {"x", 3'000, 0}, {"y", 1'000, 500}, {"z", 1'000, 0}, {"x", 1'000, 0}};
  Table table{CellLayout(CountQuery())};
  Add(table, events, 3);
  const Flushed first = Flush(table, 1);
  CHECK(first.panes ==
        std::vector<std::pair<std::int64_t, std::int64_t>>{{1'000, 0}, {1'000, 500}, {3'000, 0}});
  table.Clear();
  Add(table, events, 1);
  CHECK(Flush(table, 1).frames == first.frames);
}

TEST_CASE("a cleared table holds nothing and its cells start from zero") {
  Table table{CellLayout(CountQuery())};
  const std::size_t empty = table.bytes();
  Add(table, {{"a", 1, 0}}, 1);
  CHECK(table.bytes() > empty);
  table.Clear();
  CHECK(table.bytes() == empty);
  CHECK(Flush(table, 2).counts.empty());
  Add(table, {{"a", 1, 0}}, 1);
  CHECK(Flush(table, 1).counts == std::map<CellId, std::uint64_t>{{{1, 0, "a"}, 1}});
}

}  // namespace
}  // namespace tidemark
