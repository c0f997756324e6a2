#include "task/row_writer.h"

#include <catch2/catch.hpp>

#include "task/ledger.h"
#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using merge_fixture::CountAndSum;
using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_fixture::Tumble;

// Everything that closes up to ten minutes after kDay0, as "topic/partition key -> value
// [headers]".
std::vector<std::string> Rows(const std::shared_ptr<TaskContext>& context,
                              const std::vector<Partial>& partials) {
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  OpenCells cells(queries, ShufflePartition(0U), 1, OpenCells::Track::kNothing);
  for (const Partial& partial : partials) {
    const auto bytes =
        merge_fixture::FrameOf(*context->plan, merge_fixture::HeaderOf(0, 1, {}), {partial});
    auto reader = FrameReader::Open(bytes[0]);
    const auto block = reader->NextBlock();
    REQUIRE(cells.MergeBlock(**block, *reader, Offset(std::int64_t{0}), std::nullopt).ok());
  }
  Closing closing(queries, cells);
  closing.Begin(std::nullopt, Watermark(kDay0 + 10 * kMinute), std::nullopt);
  RowWriter writer(*context, queries);
  Outbox out;
  while (const Emission* emission = closing.Next()) REQUIRE(writer.Write(*emission, out).ok());
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < out.records(); ++i) {
    const Outbox::Record record = out.record(i);
    std::string text = std::string(record.topic) + "/" + std::to_string(record.partition->value()) +
                       " " + std::string(record.key) + " -> " + std::string(record.value) + " [";
    for (const HeaderView& header : record.headers) {
      text += std::string(header.name) + "=" + std::string(*header.value) + " ";
    }
    text.back() = ']';
    rows.push_back(text);
  }
  return rows;
}

Partial P(std::int64_t tag, std::string account, std::vector<std::int64_t> amounts) {
  return {InstanceId(1U), kDay0 + kMinute, tag == 0 ? 0 : kDay0 + tag, std::move(account),
          std::move(amounts)};
}

using Lines = std::vector<std::string>;

TEST_CASE("a row is the JSON that users were promised") {
  const auto context = merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 0)}, 1, 1, 1);
  CHECK(
      Rows(context, {P(0, "a\"b", {5, -7, 12})}) ==
      Lines{
          R"(q/0 {"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:01:00Z","account":"a\"b"} -> )"
          R"({"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:01:00Z","account":"a\"b",)"
          R"("calls":3,"total":10,"finality":"FINAL","revision":0} )"
          "[tidemark-pipeline=voice tidemark-incarnation=abcd1234 tidemark-query=q "
          "tidemark-revision=0 "
          "tidemark-finality=FINAL]"});
}

TEST_CASE(
    "with lateness the first row is on time and the changed one final with the next revision") {
  QueryPlan query = CountAndSum("q", 1, Tumble(kMinute), kMinute);
  query.sinks.push_back({"f", SinkPlan::Revisions::kFinal});
  const auto context = merge_fixture::Context({query}, 1, 1, 1);
  const Lines rows = Rows(context, {P(0, "a", {5}), P(kMinute, "a", {6}), P(0, "b", {1})});
  REQUIRE(rows.size() == 5);
  std::string all;
  for (const std::string& row : rows)
    all += row.substr(0, 3) + row.substr(row.find("\"calls\"")) + "\n";
  const auto has = [&](const std::string& text) { return all.find(text) != std::string::npos; };
  CHECK(has(R"(q/0"calls":1,"total":5,"finality":"ON_TIME","revision":0})"));
  CHECK(has(R"(q/0"calls":2,"total":11,"finality":"FINAL","revision":1})"));
  CHECK(has(R"(f/0"calls":2,"total":11,"finality":"FINAL","revision":1})"));
  CHECK(has(R"(q/0"calls":1,"total":1,"finality":"ON_TIME","revision":0})"));
  CHECK(has(R"(f/0"calls":1,"total":1,"finality":"FINAL","revision":0})"));
}

TEST_CASE("a query without group columns has rows and keys without them") {
  QueryPlan query = CountAndSum("q", 1, Tumble(kMinute), 0);
  query.group.clear();
  query.outputs.erase(query.outputs.begin());
  const auto context = merge_fixture::Context({query}, 1, 1, 1);
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  OpenCells cells(queries, ShufflePartition(0U), 1, OpenCells::Track::kNothing);
  FrameWriter writer(merge_fixture::HeaderOf(0, 1, {}));
  writer.BeginBlock(InstanceId(1U), kDay0 + kMinute, 0);
  writer.AddCell(std::string(1, '\0'), merge_fixture::StatesOf(query, {4}));
  const auto bytes = writer.Finish();
  auto reader = FrameReader::Open(bytes[0]);
  const auto block = reader->NextBlock();
  REQUIRE(cells.MergeBlock(**block, *reader, Offset(std::int64_t{0}), std::nullopt).ok());
  Closing closing(queries, cells);
  closing.Begin(std::nullopt, Watermark(kDay0 + kMinute), std::nullopt);
  Outbox out;
  RowWriter rows(*context, queries);
  REQUIRE(rows.Write(*closing.Next(), out).ok());
  CHECK(out.record(0).key ==
        R"({"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:01:00Z"})");
  CHECK(
      out.record(0).value ==
      R"({"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:01:00Z","calls":1,"total":4,)"
      R"("finality":"FINAL","revision":0})");
}

TEST_CASE("all windows of a series lie in the partition of their key without the window") {
  auto context = merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 0)}, 1, 1, 1);
  context->sink_partitions["q"] = 7;
  std::vector<Partial> partials;
  for (const char* account : {"a", "b", "c", "d"}) {
    partials.push_back(P(0, account, {1}));
    partials.push_back({InstanceId(1U), kDay0 + 2 * kMinute, 0, account, {1}});
  }
  const Lines rows = Rows(context, partials);
  REQUIRE(rows.size() == 8);
  for (const char* account : {"a", "b", "c", "d"}) {
    const std::string series = std::string(R"({"account":")") + account + "\"}";
    const std::string where = "q/" + std::to_string(PartitionOfKey(series, 7).value()) + " ";
    std::size_t found = 0;
    for (const std::string& row : rows) {
      if (row.find(series.substr(1)) != std::string::npos && row.rfind(where, 0) == 0) ++found;
    }
    CHECK(found == 2);
  }
}

TEST_CASE("a sink of unknown partition count is an error that names it") {
  auto context = merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 0)}, 1, 1, 1);
  context->sink_partitions.clear();
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  RowWriter writer(*context, queries);
  const std::string key = merge_fixture::KeyOf("a");
  SliceMemory memory;
  CellTable table;
  Emission emission;
  emission.query = &queries.at(InstanceId(1U));
  emission.key = key;
  emission.changed = true;
  emission.cells = {&table.FindOrInsert(1, key, emission.query->layout().size(), memory)};
  Outbox out;
  CHECK_THAT(writer.Write(emission, out).status().message(), Catch::Contains("sink topic q"));
  CHECK(out.records() == 0);
}

Lines Ledger(Outbox& out) {
  Lines lines;
  for (std::size_t i = 0; i < out.records(); ++i) {
    lines.push_back(std::string(out.record(i).key) + " " + std::string(out.record(i).value));
    CHECK(out.record(i).topic == "voice.ledger");
  }
  out.Clear();
  return lines;
}

TEST_CASE("the ledger announces whole windows, and only what changed") {
  const auto context =
      merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 2 * kMinute)}, 1, 1, 8);
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  LedgerWriter ledger(*context, queries, ShufflePartition(3U));
  Outbox out;
  ledger.WriteQueries(Watermark(kDay0 + 5 * kMinute + 1), {{InstanceId(1U), {9, 9, 4}}}, out);
  CHECK(Ledger(out) ==
        Lines{R"({"query":"q","partition":3} {"closed_through":"2026-01-01T00:05:00Z",)"
              R"("final_through":"2026-01-01T00:03:00Z","rows":4})"});
  ledger.WriteQueries(Watermark(kDay0 + 6 * kMinute - 1), {{InstanceId(1U), {9, 9, 4}}}, out);
  CHECK(Ledger(out).empty());
  ledger.WriteQueries(Watermark(kDay0 + 6 * kMinute), {{InstanceId(1U), {9, 9, 4}}}, out);
  CHECK(Ledger(out).size() == 1);
}

TEST_CASE("a source's counters are written by its own merge task only") {
  const auto context = merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 0)}, 3, 1, 2);
  const MergeQueries queries = MergeQueriesOf(*context->plan, std::nullopt);
  FrameLedger frames({.incarnation = merge_fixture::TestIncarnation(), .lanes = 1, .sources = 3});
  Section first = merge_fixture::SectionOf(0, 0, 12, kDay0);
  first.counters = {
      .records = 12, .decoded = 9, .events = 20, .dead_letter = 2, .tombstones = 1, .lost = 3};
  first.counters.queries = {{InstanceId(1U), 10, 6, 4, 2, 1}};
  frames.Apply(merge_fixture::HeaderOf(
      0, 1,
      {first, merge_fixture::SectionOf(1, 0, 1, kDay0), merge_fixture::SectionOf(2, 0, 2, kDay0)}));
  Outbox out;
  LedgerWriter first_merge(*context, queries, ShufflePartition(0U));
  first_merge.WriteSources(frames, out);
  CHECK(
      Ledger(out) ==
      Lines{
          R"({"query":"q","topic":"calls","partition":0} {"offset":12,"records":12,"events":20,"aggregated":10,)"
          R"("filtered":6,"late":4,"dead_letter":2,"partly_late":2,"late_while_open":1,"lost":3})",
          R"({"query":"q","topic":"calls","partition":2} {"offset":2,"records":0,"events":0,"aggregated":0,)"
          R"("filtered":0,"late":0,"dead_letter":0,"partly_late":0,"late_while_open":0,"lost":0})"});
  LedgerWriter second_merge(*context, queries, ShufflePartition(1U));
  second_merge.WriteSources(frames, out);
  CHECK(Ledger(out).size() == 1);
}

}  // namespace
}  // namespace tidemark
