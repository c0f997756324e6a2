// The source stage beside one that is written by hand, on the same events: decode, a table (key of
// five parts; count, three sums, least, most and a histogram), and packing what it holds into
// frames. The events are call events (three levels, about 40 fields present), or flat ones like
// those that the mark was measured with (one level, 20 fields). Both stages must count the same.
//
// By hand means: for this one message and this one query, rows instead of columns, texts unchecked,
// no late, dead or future events, no counters, no transaction. It says on any machine what the
// general stage costs beyond that.
//
//   mark_bench [call [ACCOUNTS [ROUNDS]]]   30 and 7 if not given
//   mark_bench flat [KEYS [ROUNDS]]         1200 and 7
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cpu_time.h"
#include "flat_events.h"
#include "generator/generator.h"
#include "hand_parser.h"
#include "hand_stage.h"
#include "lane_bench.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kEvents = 600'000;
constexpr std::uint64_t kFlushEvery = 300'000;  // events
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDay0 = 1'767'225'600'000;

using by_hand::At;
using by_hand::Fields;
using by_hand::Row;
using by_hand::Text;

// ---- The events, and how they are parsed by hand
// -------------------------------------------------

constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t TagOf(std::uint64_t number, std::uint64_t wire) {
  return number << 3U | wire;
}

bool ParseDimensions(At at, At end, Row& row) {
  return Fields(at, end, [&](std::uint64_t tag, std::uint64_t value, At behind) {
    if (tag == TagOf(6, kBytes)) row.key[1] = Text(behind, value);
    if (tag == TagOf(11, kBytes)) row.key[2] = Text(behind, value);
    if (tag == TagOf(12, kBytes)) row.key[3] = Text(behind, value);
    if (tag == TagOf(13, kBytes)) row.key[4] = Text(behind, value);
    return true;
  });
}

bool ParseSummary(At at, At end, Row& row) {
  return Fields(at, end, [&](std::uint64_t tag, std::uint64_t value, At) {
    if (tag == TagOf(8, 0)) row.summed[0] = value;
    if (tag == TagOf(7, 0)) row.summed[1] = value;
    if (tag == TagOf(5, 0)) row.summed[2] = value;
    if (tag == TagOf(4, 0)) {
      row.value = value;
      row.has_value = true;
    }
    return true;
  });
}

struct Calls {
  static constexpr const char* kPipeline = R"(version: 1
pipeline: voice
source: {name: calls, topics: [calls], event_time: event_time_ms}
shuffle: {partitions: 8}
queries:
  - name: calls
    sql: |
      SELECT account_sid, dims.to_country AS country, dims.edge_location AS edge,
             dims.region AS region, dims.codec AS codec,
             count(*) AS calls, sum(summary.queue_ms) AS queued_ms,
             sum(summary.duration_ms) AS duration_ms, sum(summary.connect_duration_ms) AS connected_ms,
             min(summary.pdd_ms) AS least, max(summary.pdd_ms) AS most,
             percentile(summary.pdd_ms, 0.95) AS p95
      FROM calls GROUP BY tumble('1m'), account_sid, country, edge, region, codec
    sinks: [{topic: rows}]
)";
  static std::string DescriptorSet() { return ""; }

  template <class Take>
  static void Make(std::uint32_t accounts, Take take) {
    CallGenerator generator({.count = kEvents,
                             .rate = 5'000,
                             .partitions = 1,
                             .accounts = accounts,
                             .late_ppm = 0,
                             .duplicate_ppm = 0,
                             .malformed_ppm = 0,
                             .future_ppm = 0});
    for (GeneratedRecord record; generator.Next(record);) take(record.value, record.timestamp_ms);
  }

  static bool Parse(std::string_view record, Row& row) {
    row = {};
    const auto* at = reinterpret_cast<At>(record.data());
    return Fields(at, at + record.size(), [&](std::uint64_t tag, std::uint64_t value, At behind) {
      switch (tag) {
        case TagOf(2, 0):
          row.time = value;
          return true;
        case TagOf(6, kBytes):
          row.key[0] = Text(behind, value);
          return true;
        case TagOf(8, kBytes):
          return ParseDimensions(behind - value, behind, row);
        case TagOf(16, kBytes):
          return ParseSummary(behind - value, behind, row);
        default:
          return true;
      }
    });
  }
};

struct FlatOnes {
  static constexpr const char* kPipeline = R"(version: 1
pipeline: voice
source:
  name: calls
  topics: [calls]
  event_time: event_time_ms
  descriptor_set: flat_event.pb
  message: tidemark.bench.FlatEvent
shuffle: {partitions: 8}
queries:
  - name: calls
    sql: |
      SELECT tenant, service, operation, region, status, count(*) AS calls,
             count(*) FILTER (WHERE status >= 500) AS errors, sum(duration_us) AS duration_us,
             sum(bytes_in) AS bytes_in, min(duration_us) AS least, max(duration_us) AS most,
             percentile(duration_us, 0.95) AS p95
      FROM calls GROUP BY tumble('1m'), tenant, service, operation, region, status
    sinks: [{topic: rows}]
)";
  static std::string DescriptorSet() {
    google::protobuf::FileDescriptorSet files;
    bench::FlatEvent::descriptor()->file()->CopyTo(files.add_file());
    return files.SerializeAsString();
  }

  // Of about 263 bytes, as the mark's were.
  template <class Take>
  static void Make(std::uint32_t keys, Take take) {
    FlatEvents events({.keys = keys, .host_size = 70, .trace_size = 80});
    for (std::uint64_t i = 0; i < kEvents; ++i) {
      const std::int64_t time = kDay0 + static_cast<std::int64_t>(i / 5);
      take(events.Next(time), time);
    }
  }

  static bool Parse(std::string_view record, Row& row) {
    row = {};
    const auto* at = reinterpret_cast<At>(record.data());
    return Fields(at, at + record.size(), [&](std::uint64_t tag, std::uint64_t value, At behind) {
      switch (tag) {
        case TagOf(1, 0):
          row.time = value;
          return true;
        case TagOf(2, kBytes):
        case TagOf(3, kBytes):
        case TagOf(4, kBytes):
        case TagOf(5, kBytes):
          row.key[(tag >> 3U) - 2] = Text(behind, value);
          return true;
        case TagOf(6, 0): {
          const std::uint64_t size = value < 0x80 ? 1 : 2;  // below 1,000
          row.key[4] = Text(behind, size);
          row.summed[0] = value >= 500 ? 1 : 0;
          return true;
        }
        case TagOf(7, 0):
          row.summed[1] = row.value = value;
          row.has_value = true;
          return true;
        case TagOf(8, 0):
          row.summed[2] = value;
          return true;
        default:
          return true;
      }
    });
  }
};

// ---- By hand
// -------------------------------------------------------------------------------------

struct Spent {
  double decode = 0;  // of the whole
  double whole = 0;
  std::uint64_t cells = 0;
};

template <class Events>
double HandDecode(const std::vector<std::string>& records) {
  std::array<Row, by_hand::kGroup> rows;
  std::size_t whole = 0;
  const double begin = CpuNanoseconds();
  for (std::size_t i = 0; i < records.size(); ++i)
    whole += Events::Parse(records[i], rows[i % rows.size()]) ? 1U : 0U;
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(whole == records.size() && !rows[0].key[0].empty(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

// Calls flushed(table) before each flush.
template <class Events, class Flushed>
Spent ByHand(const std::vector<std::string>& records, by_hand::Table& table, Flushed flushed) {
  Spent spent{.decode = HandDecode<Events>(records)};
  std::array<Row, by_hand::kGroup> rows;
  std::array<std::string, 8> frames;
  std::uint64_t taken = 0;
  const double begin = CpuNanoseconds();
  for (std::span<const std::string> rest = records; !rest.empty();) {
    const std::size_t size = std::min(rest.size(), rows.size());
    for (std::size_t i = 0; i < size; ++i)
      TM_CHECK(Events::Parse(rest[i], rows[i]), "a whole record");
    table.Take(std::span(rows).first(size));
    rest = rest.subspan(size);
    const bool due = taken / kFlushEvery != (taken + size) / kFlushEvery || rest.empty();
    taken += size;
    if (!due) continue;
    spent.cells += table.cells();
    flushed(table);
    table.Flush(frames);
    for (std::string& frame : frames) frame.clear();
  }
  spent.whole = (CpuNanoseconds() - begin) / static_cast<double>(records.size());
  return spent;
}

// ---- The general stage
// ---------------------------------------------------------------------------

// Time passes with the events, so that a commit falls due as often as the table by hand is flushed.
double General(LaneBench& lane) {
  constexpr std::uint64_t kEventsPerMs = kFlushEvery / 200;
  const double begin = CpuNanoseconds();
  const SourceTaskStatus status = lane.Run([](const SourceTask& task) {
    return MonotonicTime{} +
           Duration(static_cast<std::int64_t>(task.Status().events / kEventsPerMs));
  });
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(status.events == kEvents, "every event is taken");
  return spent / static_cast<double>(kEvents);
}

// The part of it that is reading the log, which the stage by hand has no part of.
double Reading(LaneBench& lane, std::size_t bytes) {
  const double begin = CpuNanoseconds();
  TM_CHECK(lane.ReadOnly() == bytes, "every byte is there");
  return (CpuNanoseconds() - begin) / static_cast<double>(kEvents);
}

// ---- Both
// ----------------------------------------------------------------------------------------

// How many events each cell has, by minute: keys are written in different ways.
using CellSizes = std::vector<std::pair<std::int64_t, std::uint64_t>>;

CellSizes SizesOf(const LaneBench::EventCounts& counted) {
  CellSizes sizes;
  for (const auto& [cell, events] : counted) sizes.emplace_back(cell.first, events);
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

template <class Events>
CellSizes SizesByHand(const std::vector<std::string>& records) {
  LaneBench::EventCounts counted;
  by_hand::Table table;
  ByHand<Events>(records, table, [&counted](const by_hand::Table& full) {
    full.ForEachCell([&counted](const by_hand::Cell& cell) {
      const std::int64_t slice_end = (static_cast<std::int64_t>(cell.minute) + 1) * kMinute;
      counted[{slice_end, cell.key}] += cell.state.count;
    });
  });
  return SizesOf(counted);
}

template <class Events>
void Run(std::uint32_t keys, int rounds) {
  LaneBench lane(Events::kPipeline, Events::DescriptorSet());
  std::vector<std::string> records;
  records.reserve(kEvents);
  std::size_t bytes = 0;
  Events::Make(keys, [&](std::string_view record, std::int64_t timestamp_ms) {
    lane.Append(record, timestamp_ms);
    records.emplace_back(record);
    bytes += record.size();
  });
  General(lane);
  TM_CHECK(SizesOf(lane.Counted()) == SizesByHand<Events>(records), "both count the same");
  by_hand::Table table;
  for (int round = 0; round < rounds; ++round) {
    const Spent hand = ByHand<Events>(records, table, [](const by_hand::Table&) {});
    const double general = General(lane);
    const double reading = Reading(lane, bytes);
    std::printf(
        "%zu bytes: by hand %6.1f ns/event (decode %5.1f, %4.1f events/cell)  general %6.1f (log "
        "%4.1f)  ratio %.3f\n",
        bytes / records.size(), hand.whole, hand.decode,
        static_cast<double>(kEvents) / static_cast<double>(hand.cells), general, reading,
        general / hand.whole);
  }
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const auto argument = [&](int index, int otherwise) {
    return argc > index ? std::stoi(argv[index]) : otherwise;
  };
  if (argc > 1 && std::string_view(argv[1]) == "flat") {
    tidemark::Run<tidemark::FlatOnes>(static_cast<std::uint32_t>(argument(2, 1200)),
                                      argument(3, 7));
  } else {
    tidemark::Run<tidemark::Calls>(static_cast<std::uint32_t>(argument(2, 30)), argument(3, 7));
  }
}
