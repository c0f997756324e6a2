// Nanoseconds per partial of parsing and merging frames, per row of closing a window, and of the
// whole merge task on the memory log. One query by account: narrow, of count and sum, with partials
// of about 25 bytes; wide, of count, sum, avg, aloc and percentile.
#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "cpu_time.h"
#include "log_memory/memory_log.h"
#include "task/closing.h"
#include "task/merge_task.h"
#include "task/row_writer.h"
#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using merge_fixture::kDay0;
using merge_fixture::kMinute;

constexpr InstanceId kQuery{1U};

enum class Shape : std::uint8_t { kNarrow, kWide };

void AddAggregate(std::string_view name, std::vector<Value> literals, QueryPlan& query) {
  std::vector<Type> types = {Type::Of(TypeKind::kInteger)};
  std::vector<Value> arguments = {Value{}};
  for (const Value& literal : literals) {
    types.push_back(Type::DecimalOf(2));
    arguments.push_back(literal);
  }
  const auto bound = FindAggregate(name)->bind(types, arguments);
  TM_CHECK(bound.ok(), "the aggregates of the benchmark exist");
  query.outputs.push_back(
      merge_fixture::StateOutput(std::string(name), query.states.size(), *bound));
  query.outputs.back().argument = types[0];
  query.outputs.back().literals = std::move(literals);
  query.states.push_back({bound->state, {}, nullptr});
}

std::shared_ptr<TaskContext> MakeContext(Shape shape) {
  QueryPlan query = merge_fixture::CountAndSum("q", 1, merge_fixture::Tumble(kMinute), 0);
  if (shape == Shape::kWide) {
    AddAggregate("avg", {}, query);
    AddAggregate("aloc", {}, query);
    AddAggregate("percentile", {Value{Decimal{95, 2}}}, query);
  }
  return merge_fixture::Context({std::move(query)}, 1, 1, 1);
}

// Frame `sequence` of the only lane: one partial of every key in the first window, watermark at
// `watermark`.
std::vector<std::string> Frame(const TaskContext& context, std::uint64_t sequence, std::size_t keys,
                               std::int64_t watermark) {
  FrameWriter writer(
      merge_fixture::HeaderOf(0, sequence, {merge_fixture::SectionOf(0, 0, 0, watermark)}));
  const std::string states = merge_fixture::StatesOf(context.plan->queries[0], {100, 200, 300});
  writer.BeginBlock(kQuery, kDay0 + kMinute, 0);
  for (std::size_t i = 0; i < keys; ++i)
    writer.AddCell(merge_fixture::KeyOf("account-" + std::to_string(i)), states);
  return writer.Finish();
}

double MergeFrame(const std::vector<std::string>& parts, OpenCells& cells) {
  const double begin = CpuNanoseconds();
  for (const std::string& part : parts) {
    auto reader = FrameReader::Open(part);
    TM_CHECK(reader.ok(), "our own frame");
    while (true) {
      const auto block = reader->NextBlock();
      if (!block.value()) break;
      TM_CHECK(cells.MergeBlock(**block, *reader, Offset(std::int64_t{0}), std::nullopt).ok(),
               "our own cells");
    }
  }
  return CpuNanoseconds() - begin;
}

void MergeAndClose(Shape shape, std::size_t keys) {
  const auto context = MakeContext(shape);
  const char* const name = shape == Shape::kWide ? "wide  " : "narrow";
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  OpenCells cells(queries, ShufflePartition(0U), 1, OpenCells::Track::kNothing);
  const std::vector<std::string> parts = Frame(*context, 1, keys, kDay0);
  const double first = MergeFrame(parts, cells);
  const std::size_t rounds = 1 + 2'000'000 / keys;
  double again = 0;
  for (std::size_t round = 0; round < rounds; ++round) again += MergeFrame(parts, cells);
  const auto count = static_cast<double>(keys);
  std::printf(
      "merge  %s %8zu keys  %7.1f ns/partial first  %7.1f ns/partial then  %5.1f bytes of "
      "state/cell\n",
      name, keys, first / count, again / count / static_cast<double>(rounds),
      static_cast<double>(cells.bytes()) / count);

  Closing closing(queries, cells);
  RowWriter writer(*context, queries);
  Outbox out;
  const double begin = CpuNanoseconds();
  closing.Begin(std::nullopt, Watermark(kDay0 + kMinute), std::nullopt);
  while (const Emission* emission = closing.Next()) {
    TM_CHECK(writer.Write(*emission, out).ok(), "our own rows");
    if (out.records() == 10'000) out.Clear();
  }
  std::printf("close  %s %8zu keys  %7.1f ns/row\n", name, keys,
              (CpuNanoseconds() - begin) / count);
}

struct Whole {
  double merge = 0;  // ns per partial
  double close = 0;  // ns per row
};

// `frames` frames of every key, then the watermark closes their window.
Whole RunTask(std::size_t keys, std::size_t frames) {
  const auto context = MakeContext(Shape::kNarrow);
  const ManualClock clock;
  MemoryLog log(clock);
  const auto client = log.NewClient("bench");
  const auto admin = client->NewAdmin();
  for (const std::string& topic :
       {context->names.ShuffleTopic(), context->names.LedgerTopic(), std::string("q")}) {
    TM_CHECK(admin->CreateTopic({.name = topic, .partitions = 1}, Duration(1'000)).ok(),
             "a new topic");
  }
  TM_CHECK(
      admin->CreateTopic({.name = context->names.ProgressTopic(), .partitions = 2}, Duration(1'000))
          .ok(),
      "new");
  const auto producer = client->NewProducer({.transactional_id = "merge"});
  TM_CHECK(producer->InitTransactions(Duration(1'000)).ok(), "the only producer");
  const auto append = [&](std::uint64_t sequence, std::size_t count, std::int64_t watermark) {
    for (const std::string& part : Frame(*context, sequence, count, watermark)) {
      const InputRecord record{
          .key = std::nullopt, .value = part, .headers = {}, .timestamp_ms = std::nullopt};
      TM_CHECK(log.Append({context->names.ShuffleTopic(), Partition(0)}, record).ok(), "room");
    }
  };
  for (std::uint64_t sequence = 1; sequence <= frames; ++sequence) append(sequence, keys, kDay0);

  MergeProgress progress;
  progress.incarnation = context->names.incarnation;
  MergeTaskOptions options;
  options.memory_bytes = 4ULL << 30U;
  MergeTask task({client.get(), producer.get(), nullptr, context}, ShufflePartition(0U), progress,
                 options);
  std::int64_t now = 0;
  const auto run = [&] {
    const double begin = CpuNanoseconds();
    while (task.Step(MonotonicTime(now)).outcome == StepOutcome::kWorked) ++now;
    return CpuNanoseconds() - begin;
  };
  const double partials = static_cast<double>(keys * frames);
  Whole whole;
  whole.merge = run() / partials;
  append(frames + 1, 0, kDay0 + kMinute);
  whole.close = run() / static_cast<double>(keys);
  TM_CHECK(task.Status().counts.at(kQuery).rows == keys, "every key is published");
  return whole;
}

}  // namespace
}  // namespace tidemark

int main() {
  for (const tidemark::Shape shape : {tidemark::Shape::kNarrow, tidemark::Shape::kWide}) {
    for (const std::size_t keys : {1'000U, 10'000U, 100'000U, 1'000'000U})
      tidemark::MergeAndClose(shape, keys);
  }
  for (const std::size_t keys : {1'000U, 10'000U, 100'000U}) {
    const tidemark::Whole whole = tidemark::RunTask(keys, 1'000'000 / keys);
    std::printf("task   %8zu keys  %7.1f ns/partial  %7.1f ns/row with its transaction\n", keys,
                whole.merge, whole.close);
  }
  return 0;
}
