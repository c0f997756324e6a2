// The source stage beside one that is written by hand, on the same call events: decode, a table
// (key of five texts; count, three sums, least, most and a histogram), and packing what it holds
// into frames.
//
// By hand means: for this one message and this one query, rows instead of columns, texts unchecked,
// no late, dead or future events, no counters, no transaction. It says on any machine what the
// general stage costs beyond that.
//
//   mark_bench [ACCOUNTS [ROUNDS]]   30 and 7 if not given
#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "cpu_time.h"
#include "generator/generator.h"
#include "hand_parser.h"
#include "lane_bench.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kEvents = 600'000;
constexpr std::uint64_t kFlushEvery = 300'000;  // events
constexpr std::size_t kGroup = 32;

using by_hand::At;
using by_hand::Fields;
using by_hand::Text;

// ---- By hand: decode
// -----------------------------------------------------------------------------

struct Call {
  std::array<std::string_view, 5> key;  // account, country, edge location, region, codec
  std::uint64_t time = 0;
  std::uint64_t queued = 0;
  std::uint64_t duration = 0;
  std::uint64_t connected = 0;
  std::uint64_t pdd = 0;
  bool has_pdd = false;
};

constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t TagOf(std::uint64_t number, std::uint64_t wire) {
  return number << 3U | wire;
}

bool ParseDimensions(At at, At end, Call& call) {
  return Fields(at, end, [&](std::uint64_t tag, std::uint64_t value, At behind) {
    if (tag == TagOf(6, kBytes)) call.key[1] = Text(behind, value);
    if (tag == TagOf(11, kBytes)) call.key[2] = Text(behind, value);
    if (tag == TagOf(12, kBytes)) call.key[3] = Text(behind, value);
    if (tag == TagOf(13, kBytes)) call.key[4] = Text(behind, value);
    return true;
  });
}

bool ParseSummary(At at, At end, Call& call) {
  return Fields(at, end, [&](std::uint64_t tag, std::uint64_t value, At) {
    if (tag == TagOf(8, 0)) call.connected = value;
    if (tag == TagOf(7, 0)) call.duration = value;
    if (tag == TagOf(5, 0)) call.queued = value;
    if (tag == TagOf(4, 0)) {
      call.pdd = value;
      call.has_pdd = true;
    }
    return true;
  });
}

bool ParseCall(std::string_view record, Call& call) {
  call = {};
  const auto* at = reinterpret_cast<At>(record.data());
  return Fields(at, at + record.size(), [&](std::uint64_t tag, std::uint64_t value, At behind) {
    switch (tag) {
      case TagOf(2, 0):
        call.time = value;
        return true;
      case TagOf(6, kBytes):
        call.key[0] = Text(behind, value);
        return true;
      case TagOf(8, kBytes):
        return ParseDimensions(behind - value, behind, call);
      case TagOf(16, kBytes):
        return ParseSummary(behind - value, behind, call);
      default:
        return true;
    }
  });
}

// ---- By hand: table and frames
// -------------------------------------------------------------------

// Four buckets an octave.
std::size_t BucketOf(std::uint64_t value) {
  if (value < 4) return value;
  const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
  return 4 * (octave - 1) + ((value >> (octave - 2)) & 3U);
}

struct State {
  std::uint64_t count = 0;
  std::uint64_t queued = 0;
  std::uint64_t duration = 0;
  std::uint64_t connected = 0;
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
  std::array<std::uint16_t, 128> buckets{};
};

struct Cell {
  std::uint64_t hash = 0;
  std::uint64_t minute = 0;
  std::string key;
  State state;
};

class HandTable {
 public:
  HandTable() : slots_(1U << 18U) {}

  // REQUIRES: at most kGroup calls.
  void Take(std::span<const Call> calls) {
    std::array<Probe, kGroup> probes;
    char* at = keys_.data();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      char* const begin = at;
      for (const std::string_view part : calls[i].key) {
        *at++ = static_cast<char>(part.size());
        at = std::copy_n(part.data(), part.size(), at);
      }
      Probe& probe = probes[i];
      probe.key = {begin, static_cast<std::size_t>(at - begin)};
      probe.minute = calls[i].time / 60'000;
      probe.hash = Hash64(probe.key) + probe.minute * 0x9E3779B97F4A7C15U;
      __builtin_prefetch(&slots_[probe.hash & (slots_.size() - 1)]);
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Slot& slot = slots_[probes[i].hash & (slots_.size() - 1)];
      __builtin_prefetch(slot.cell, 1);
      __builtin_prefetch(reinterpret_cast<const char*>(slot.cell) + 64, 1);
    }
    for (std::size_t i = 0; i < calls.size(); ++i) Update(Find(probes[i]).state, calls[i]);
  }

  // Appends every cell to the frame of its partition, and forgets it.
  void Flush(std::array<std::string, 8>& frames) {
    for (Slot& slot : slots_) {
      if (slot.cell == nullptr) continue;
      Write(*slot.cell, frames[slot.cell->hash >> 61U]);
      slot.cell = nullptr;
    }
    cells_ = 0;
  }

  std::size_t cells() const { return cells_; }

 private:
  struct Probe {
    std::uint64_t hash;
    std::uint64_t minute;
    std::string_view key;
  };
  struct Slot {
    std::uint64_t hash = 0;
    Cell* cell = nullptr;
  };

  Cell& Find(const Probe& probe) {
    for (std::size_t at = probe.hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.cell == nullptr) {
        slot = {probe.hash, NewCell(probe)};
        return *slot.cell;
      }
      const Cell& cell = *slot.cell;
      if (slot.hash == probe.hash && cell.minute == probe.minute && cell.key == probe.key)
        return *slot.cell;
    }
  }

  Cell* NewCell(const Probe& probe) {
    TM_CHECK(cells_ < slots_.size() / 2, "the table by hand does not grow");
    if (cells_ == store_.size()) store_.push_back(std::make_unique<Cell>());
    Cell& cell = *store_[cells_++];
    cell.hash = probe.hash;
    cell.minute = probe.minute;
    cell.key = probe.key;
    cell.state = {};
    return &cell;
  }

  static void Update(State& state, const Call& call) {
    ++state.count;
    state.queued += call.queued;
    state.duration += call.duration;
    state.connected += call.connected;
    if (!call.has_pdd) return;
    state.least = std::min(state.least, call.pdd);
    state.most = std::max(state.most, call.pdd);
    ++state.buckets[BucketOf(call.pdd)];
  }

  static void WriteVarint(std::uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
    out += static_cast<char>(value);
  }

  static void Write(const Cell& cell, std::string& out) {
    WriteVarint(cell.minute, out);
    WriteVarint(cell.key.size(), out);
    out += cell.key;
    for (const std::uint64_t value : {cell.state.count, cell.state.queued, cell.state.duration,
                                      cell.state.connected, cell.state.least, cell.state.most})
      WriteVarint(value, out);
    for (std::size_t i = 0; i < cell.state.buckets.size(); ++i) {
      if (cell.state.buckets[i] == 0) continue;
      WriteVarint(i, out);
      WriteVarint(cell.state.buckets[i], out);
    }
  }

  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<Cell>> store_;
  std::size_t cells_ = 0;
  std::array<char, kGroup * 5 * 128> keys_{};
};

struct Spent {
  double decode = 0;  // of the whole
  double whole = 0;
  std::uint64_t cells = 0;
  std::uint64_t bytes = 0;
};

double HandDecode(const std::vector<std::string>& records) {
  std::array<Call, kGroup> calls;
  std::size_t whole = 0;
  const double begin = CpuNanoseconds();
  for (std::size_t i = 0; i < records.size(); ++i)
    whole += ParseCall(records[i], calls[i % kGroup]) ? 1U : 0U;
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(whole == records.size() && !calls[0].key[0].empty(), "the records are whole");
  return spent / static_cast<double>(records.size());
}

Spent ByHand(const std::vector<std::string>& records, HandTable& table) {
  Spent spent{.decode = HandDecode(records)};
  std::array<Call, kGroup> calls;
  std::array<std::string, 8> frames;
  std::uint64_t taken = 0;
  const double begin = CpuNanoseconds();
  for (std::span<const std::string> rest = records; !rest.empty();) {
    const std::size_t size = std::min(rest.size(), kGroup);
    for (std::size_t i = 0; i < size; ++i) TM_CHECK(ParseCall(rest[i], calls[i]), "a whole record");
    table.Take(std::span(calls).first(size));
    rest = rest.subspan(size);
    const bool due = taken / kFlushEvery != (taken + size) / kFlushEvery || rest.empty();
    taken += size;
    if (!due) continue;
    spent.cells += table.cells();
    table.Flush(frames);
    for (std::string& frame : frames) {
      spent.bytes += frame.size();
      frame.clear();
    }
  }
  spent.whole = (CpuNanoseconds() - begin) / static_cast<double>(records.size());
  return spent;
}

// ---- The general stage
// ---------------------------------------------------------------------------

constexpr const char* kPipeline = R"(version: 1
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

void Run(std::uint32_t accounts, int rounds) {
  CallGenerator generator({.count = kEvents,
                           .rate = 5'000,
                           .partitions = 1,
                           .accounts = accounts,
                           .late_ppm = 0,
                           .duplicate_ppm = 0,
                           .malformed_ppm = 0,
                           .future_ppm = 0});
  LaneBench lane(kPipeline);
  std::vector<std::string> records;
  records.reserve(kEvents);
  std::size_t bytes = 0;
  for (GeneratedRecord record; generator.Next(record);) {
    lane.Append(record.value, record.timestamp_ms);
    records.emplace_back(record.value);
    bytes += record.value.size();
  }
  HandTable table;
  for (int round = 0; round < rounds; ++round) {
    const Spent hand = ByHand(records, table);
    const double general = General(lane);
    std::printf(
        "%zu bytes: by hand %6.1f ns/event (decode %5.1f, %4.1f events/cell)  general %6.1f  ratio "
        "%.3f\n",
        bytes / records.size(), hand.whole, hand.decode,
        static_cast<double>(kEvents) / static_cast<double>(hand.cells), general,
        general / hand.whole);
  }
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const auto argument = [&](int index, int otherwise) {
    return argc > index ? std::stoi(argv[index]) : otherwise;
  };
  tidemark::Run(static_cast<std::uint32_t>(argument(1, 30)), argument(2, 7));
}
