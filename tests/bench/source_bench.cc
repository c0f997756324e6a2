// Nanoseconds of CPU per event on the source side: assignment, table, frame encode, and the whole
// source task on the memory log.
//
//   source_bench            everything
//   source_bench assign|table|frame|task
//   source_bench task KEYS QUERIES OVERLAP
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "cpu_time.h"
#include "lane_bench.h"
#include "task/accumulate.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr std::int64_t kDay0 = 1'767'225'600'000;

// The best of several rounds: the machine is shared, and noise only adds.
template <class Round>
double BestNanoseconds(std::size_t events, Round round) {
  double best = 1e18;
  for (int i = 0; i < 5; ++i) {
    const double begin = CpuNanoseconds();
    round();
    best = std::min(best, (CpuNanoseconds() - begin) / static_cast<double>(events));
  }
  return best;
}

void BenchAssign() {
  constexpr std::size_t kEvents = 2'000'000;
  for (const std::int64_t overlap : {1, 5, 20, 60}) {
    const WindowSpec window =
        *WindowSpec::Hop(Duration(60'000), Duration(60'000 / overlap), Duration(0));
    Assigner assigner(window, Duration(0), std::nullopt);
    Random random(1);
    std::vector<std::int64_t> times(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) {
      times[i] = kDay0 + static_cast<std::int64_t>(i / 100) - random.Between(0, 5'000);
    }
    std::int64_t sum = 0;
    const double ns = BestNanoseconds(kEvents, [&] {
      for (const std::int64_t time : times)
        sum += assigner.Assign(EventTime(time), time - 30'000).slice_end;
    });
    std::printf("assign  overlap %2lld                      %6.1f ns  (%lld)\n",
                static_cast<long long>(overlap), ns, static_cast<long long>(sum % 10));
  }
}

QueryPlan CountQuery() {
  QueryPlan query;
  query.states.push_back({.state = {.function = FindStateFunction("count", 1)}});
  return query;
}

void BenchTable() {
  constexpr std::size_t kEvents = 2'000'000;
  for (const std::size_t keys : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys; ++i)
      names.push_back(StrCat("account ", i, " country carrier region"));
    Random random(2);
    std::vector<std::uint32_t> order(kEvents);
    for (auto& key : order) key = static_cast<std::uint32_t>(random.Below(keys));
    KeyInterner interner;
    Table table{CellLayout(CountQuery()), interner.AddMemo()};
    std::vector<FrameWriter> writers(8, FrameWriter(FrameHeader{}));
    double flush = 1e18;
    const double ns = BestNanoseconds(kEvents, [&] {
      table.Clear();
      interner.Clear();
      const Table::PaneIndex pane = table.PaneOf(kDay0, 0);
      for (std::size_t i = 0; i < kEvents; i += Table::kGroup) {
        std::array<std::string_view, Table::kGroup> candidates;
        std::array<InternedKey*, Table::kGroup> found;
        std::array<Table::Probe, Table::kGroup> probes;
        std::array<std::byte*, Table::kGroup> cells;
        for (std::size_t j = 0; j < Table::kGroup; ++j) candidates[j] = names[order[i + j]];
        interner.Intern(candidates, found);
        for (std::size_t j = 0; j < Table::kGroup; ++j) probes[j] = {.key = found[j], .pane = pane};
        table.Find(probes, cells);
        for (std::byte* cell : cells) ++*reinterpret_cast<std::uint64_t*>(cell);
      }
    });
    const std::size_t cells = table.cells();
    flush = BestNanoseconds(cells, [&] {
      table.Flush(InstanceId(1U), writers);
      for (FrameWriter& writer : writers) writer.Finish();
    });
    std::printf("table   keys %7zu                     %6.1f ns   flush %5.1f ns/cell\n", keys, ns,
                flush);
  }
}

// Encoding alone: the cells are encoded already, and spread over 8 partitions.
void BenchFrame() {
  constexpr std::size_t kCells = 400'000;
  const std::string states(10, 's');
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kCells; ++i) keys.push_back(StrCat("account ", i, " carrier"));
  std::size_t bytes = 0;
  const double ns = BestNanoseconds(kCells, [&] {
    bytes = 0;
    std::vector<FrameWriter> writers(8, FrameWriter(FrameHeader{}));
    for (std::size_t d = 0; d < writers.size(); ++d) {
      writers[d].BeginBlock(InstanceId(1U), kDay0, 0);
      for (std::size_t i = d; i < kCells; i += writers.size()) writers[d].AddCell(keys[i], states);
      for (const std::string& part : writers[d].Finish()) bytes += part.size();
    }
  });
  std::printf("frame   cells %6zu                     %6.1f ns/cell   %4.1f bytes/cell\n", kCells,
              ns, static_cast<double>(bytes) / kCells);
}

std::string Event(std::int64_t time, std::size_t key, Random& random) {
  events::v1::CallMetric metric;
  metric.set_event_id(StrCat("event-", random.Next()));
  metric.set_event_time_ms(time);
  metric.set_observed_time_ms(time + 50);
  metric.set_call_sid(StrCat("CA", random.Next(), random.Next()));
  metric.set_account_sid(StrCat("AC", key * 7'919));
  metric.mutable_dims()->set_to_country("DE");
  metric.mutable_dims()->set_carrier_sid(StrCat("CR", key % 50));
  metric.mutable_dims()->set_codec("opus");
  auto& summary = *metric.mutable_summary();
  summary.set_state(static_cast<events::v1::CallState>(1 + random.Below(8)));
  summary.set_connect_duration_ms(random.Below(600'000));
  summary.set_pdd_ms(static_cast<std::uint32_t>(random.Below(5'000)));
  summary.set_duration_ms(random.Below(700'000));
  return metric.SerializeAsString();
}

struct TaskCase {
  std::size_t keys = 1'000;
  std::size_t queries = 1;
  std::int64_t overlap = 1;
};

std::string PipelineOf(const TaskCase& c) {
  std::string text =
      "version: 1\npipeline: voice\nsource: {name: calls, topics: [calls], event_time: "
      "event_time_ms}\nqueries:\n";
  for (std::size_t q = 0; q < c.queries; ++q) {
    text += StrCat(
        "  - name: q", q,
        "\n    sql: |\n      SELECT account_sid, dims.carrier_sid AS carrier, count(*) AS calls, "
        "sum(summary.connect_duration_ms) AS ms, min(summary.pdd_ms) AS low, max(summary.pdd_ms) "
        "AS high "
        "FROM calls GROUP BY hop(size => '60s', slide => '",
        60'000 / c.overlap, "ms'), account_sid, carrier\n    sinks: [{topic: r", q, "}]\n");
  }
  return text;
}

void BenchTask(const TaskCase& c) {
  constexpr std::size_t kEvents = 400'000;
  LaneBench lane(PipelineOf(c));
  Random random(3);
  for (std::size_t i = 0; i < kEvents; ++i) {
    const std::int64_t time = kDay0 + static_cast<std::int64_t>(i / 100) + random.Between(0, 5'000);
    lane.Append(Event(time, random.Below(c.keys), random), kDay0 + 10'000);
  }
  const SteadyClock steady;
  const double ns = BestNanoseconds(kEvents, [&] {
    const SourceTaskStatus status = lane.Run([&](const SourceTask&) { return steady.Now(); });
    TM_CHECK(status.events == kEvents, "every event is taken");
  });
  std::printf("task    keys %7zu queries %zu overlap %2lld %6.1f ns\n", c.keys, c.queries,
              static_cast<long long>(c.overlap), ns);
}

void BenchTasks() {
  for (const std::size_t keys : {1'000U, 10'000U, 100'000U, 1'000'000U}) BenchTask({.keys = keys});
  for (const std::size_t queries : {2U, 4U, 8U}) BenchTask({.keys = 10'000, .queries = queries});
  for (const std::int64_t overlap : {5, 20, 60}) BenchTask({.keys = 10'000, .overlap = overlap});
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what.empty() || what == "assign") tidemark::BenchAssign();
  if (what.empty() || what == "table") tidemark::BenchTable();
  if (what.empty() || what == "frame") tidemark::BenchFrame();
  if (what == "task" && argc == 5) {
    tidemark::BenchTask({.keys = std::stoul(argv[2]),
                         .queries = std::stoul(argv[3]),
                         .overlap = std::stol(argv[4])});
  } else if (what.empty() || what == "task") {
    tidemark::BenchTasks();
  }
}
