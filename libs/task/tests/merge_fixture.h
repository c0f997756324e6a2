// What the tests of the merge side share: a plan of count and sum by account, and hand-made
// partials, cells and frames.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "query/plan.h"
#include "shuffle/frame.h"
#include "shuffle/key.h"
#include "task/cell_layout.h"
#include "task/task.h"

namespace tidemark::merge_fixture {

inline constexpr std::int64_t kDay0 = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline constexpr std::int64_t kMinute = 60'000;

inline WindowSpec Tumble(std::int64_t size) {
  return *WindowSpec::Tumble(Duration(size), Duration(0));
}
inline WindowSpec Hop(std::int64_t size, std::int64_t slide) {
  return *WindowSpec::Hop(Duration(size), Duration(slide), Duration(0));
}

inline OutputColumn StateOutput(std::string name, std::size_t state, const BoundAggregate& bound) {
  OutputColumn column;
  column.name = std::move(name);
  column.source = OutputColumn::Source::kState;
  column.index = state;
  column.finish = bound.finish;
  column.result = bound.result;
  column.aggregate = column.name;
  return column;
}

// SELECT account, count(*) AS calls, sum(amount) AS total ... GROUP BY <window>, account
inline QueryPlan CountAndSum(std::string name, std::uint32_t instance, const WindowSpec& window,
                             std::int64_t lateness) {
  QueryPlan query;
  query.name = name;
  query.instance = InstanceId(instance);
  query.window = window;
  query.allowed_lateness = Duration(lateness);
  query.group.push_back({"account", 0, Type::Of(TypeKind::kString)});
  const Type integer = Type::Of(TypeKind::kInteger);
  const Value null;
  const auto count = FindAggregate("count")->bind({}, {});
  const auto sum = FindAggregate("sum")->bind(std::span(&integer, 1), std::span(&null, 1));
  query.states.push_back({count.value().state, {}, nullptr});
  query.states.push_back({sum.value().state, {}, nullptr});
  OutputColumn account;
  account.name = "account";
  query.outputs.push_back(account);
  query.outputs.push_back(StateOutput("calls", 0, count.value()));
  query.outputs.push_back(StateOutput("total", 1, sum.value()));
  query.sinks.push_back({std::move(name), SinkPlan::Revisions::kAll});
  return query;
}

inline Incarnation TestIncarnation() { return *Incarnation::Parse("abcd1234"); }

inline std::shared_ptr<TaskContext> Context(std::vector<QueryPlan> queries, std::uint32_t sources,
                                            std::uint32_t lanes, std::uint32_t merges) {
  auto plan = std::make_shared<PipelinePlan>();
  plan->name = "voice";
  plan->lanes = lanes;
  plan->shuffle_partitions = merges;
  plan->queries = std::move(queries);
  auto context = std::make_shared<TaskContext>();
  context->names = {"test", "voice", TestIncarnation()};
  for (const QueryPlan& query : plan->queries) {
    for (const SinkPlan& sink : query.sinks) context->sink_partitions[sink.topic] = 1;
  }
  context->plan = std::move(plan);
  for (std::uint32_t s = 0; s < sources; ++s) {
    context->sources.push_back({"calls", Partition(static_cast<std::int32_t>(s))});
  }
  return context;
}

inline std::string KeyOf(std::string_view account) {
  Column column(Type::Of(TypeKind::kString));
  column.valid.push_back(1);
  column.strings.push_back(account);
  const std::vector<const Column*> columns = {&column};
  std::string key(kKeyRoom, '\0');
  key.resize(static_cast<std::size_t>(WriteKey(0, columns, 0, key.data()) - key.data()));
  return key;
}

// The encoded states of a cell of CountAndSum that holds these amounts.
inline std::string StatesOf(const QueryPlan& query, const std::vector<std::int64_t>& amounts) {
  const CellLayout layout(query);
  std::vector<std::byte> states(layout.size());
  StateArena arena;
  Column column(Type::Of(TypeKind::kInteger));
  column.integers = amounts;
  column.valid.assign(amounts.size(), 1);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < amounts.size(); ++row) rows.push_back(row);
  const Column* argument = &column;
  for (std::size_t i = 0; i < query.states.size(); ++i) {
    const std::vector<std::byte*> cells(amounts.size(), states.data());
    UpdateBatch batch{
        .rows = rows, .cells = cells, .offset = layout.offset(i), .arguments = {}, .arena = &arena};
    batch.parameters = query.states[i].state.parameters;
    if (i > 0) batch.arguments = std::span(&argument, 1);
    query.states[i].state.function->update(batch);
  }
  std::string bytes;
  layout.Encode(states.data(), bytes);
  return bytes;
}

struct Partial {
  InstanceId instance;
  std::int64_t slice_end = 0;
  std::int64_t tag = 0;
  std::string account;
  std::vector<std::int64_t> amounts;
};

inline Section SectionOf(std::uint32_t source, std::int64_t from, std::int64_t to,
                         std::optional<std::int64_t> watermark) {
  Section section;
  section.source = SourceOrdinal(source);
  section.from = Offset(from);
  section.to = Offset(to);
  if (watermark) section.watermark = Watermark(*watermark);
  return section;
}

inline FrameHeader HeaderOf(std::uint32_t lane, std::uint64_t sequence,
                            std::vector<Section> sections) {
  FrameHeader header;
  header.incarnation = TestIncarnation();
  header.lane = Lane(lane);
  header.sequence = LaneSequence(sequence);
  header.epoch = OwnerEpoch(std::uint64_t{1});
  header.sections = std::move(sections);
  return header;
}

// The parts of a frame with these partials, in the given order.
inline std::vector<std::string> FrameOf(const PipelinePlan& plan, const FrameHeader& header,
                                        const std::vector<Partial>& partials) {
  FrameWriter writer(header);
  const Partial* last = nullptr;
  for (const Partial& partial : partials) {
    if (last == nullptr || last->instance != partial.instance ||
        last->slice_end != partial.slice_end || last->tag != partial.tag) {
      writer.BeginBlock(partial.instance, partial.slice_end, partial.tag);
    }
    last = &partial;
    for (const QueryPlan& query : plan.queries) {
      if (query.instance == partial.instance) {
        writer.AddCell(KeyOf(partial.account), StatesOf(query, partial.amounts));
      }
    }
  }
  return writer.Finish();
}

}  // namespace tidemark::merge_fixture
