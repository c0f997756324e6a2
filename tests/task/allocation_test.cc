// After warm-up the path of an event allocates nothing: decode, judge, filter, assign, key, table,
// states.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "base/text.h"
#include "task/accumulate.h"
#include "task/pipeline_fixture.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* const block = std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return operator new(size);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace tidemark {
namespace {

struct Records {
  std::vector<std::string> values;
  std::vector<RecordView> views;

  explicit Records(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(Encode({.time = kDay0 + static_cast<std::int64_t>(i * 37 % 90'000),
                               .account = StrCat("account ", i % 300),
                               .connect_ms = static_cast<std::int64_t>(i)}));
    }
    for (std::size_t i = 0; i < count; ++i) {
      views.push_back({.offset = Offset(static_cast<std::int64_t>(i)),
                       .timestamp_ms = kDay0,
                       .value = values[i]});
    }
  }
};

TEST_CASE("an event costs no allocation once a table of its size has been filled and cleared") {
  PipelineFixture fixture(
      {.queries =
           QueryYaml("tumbling",
                     "SELECT account_sid, count(*) AS calls, sum(summary.connect_duration_ms) AS "
                     "ms FROM calls "
                     "WHERE summary.connect_duration_ms > 10 GROUP BY tumble('1m'), account_sid") +
           QueryYaml("hopping",
                     "SELECT account_sid, count(*) FILTER (WHERE summary.connect_duration_ms > "
                     "500) AS calls "
                     "FROM calls GROUP BY hop(size => '1m', slide => '10s'), account_sid"),
       .source = ", watermark: {max_out_of_orderness: 1h}"});
  const PipelinePlan& plan = *fixture.context().plan;
  const Records records(5'000);
  SourceProgress progress;
  SourcePartition partition(fixture.Input(0), {.max_out_of_orderness = Duration(3'600'000)},
                            progress);
  CompleteCounters(plan, partition.counters);
  Intake intake(plan.decode);
  JudgedBatch batch(plan.decode);
  Findings findings;
  BatchExpressions expressions;
  GroupKeys keys;
  std::vector<Accumulator> accumulators;
  accumulators.reserve(plan.queries.size());
  for (std::size_t i = 0; i < plan.queries.size(); ++i) {
    accumulators.emplace_back(plan.queries[i], static_cast<std::uint32_t>(i), std::nullopt,
                              expressions, keys);
  }
  const auto take_all = [&] {
    for (std::span<const RecordView> rest = records.views; !rest.empty();) {
      rest = rest.subspan(intake.Fill(rest, partition, batch, findings));
      expressions.NextBatch();
      keys.NextBatch();
      for (Accumulator& accumulator : accumulators) {
        accumulator.Take(batch, std::nullopt,
                         CountersOf(partition.counters, accumulator.instance()), findings);
      }
    }
  };
  const auto clear = [&] {
    for (Accumulator& accumulator : accumulators) accumulator.table().Clear();
    keys.Clear();
  };
  take_all();
  clear();
  take_all();
  clear();
  const std::size_t before = allocations;
  take_all();
  const std::size_t spent = allocations - before;
  CHECK(spent == 0);
  CHECK(before > 0);
  CHECK(partition.counters.events == 15'000);
  CHECK(accumulators[0].table().cells() > 300);
}

}  // namespace
}  // namespace tidemark
