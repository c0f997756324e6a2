#include "task/dead_letter.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

PipelinePlan TwoQueries() {
  PipelinePlan plan;
  plan.queries.resize(2);
  plan.queries[0].name = "calls";
  plan.queries[1].name = "asr";
  plan.queries[1].window = {
      .kind = WindowSpec::Kind::kHop, .size = Duration(120'000), .slide = Duration(60'000)};
  return plan;
}

struct Original {
  TopicPartition where{"in", Partition(4)};
  HeaderView header{.name = "trace", .value = std::nullopt};
  RecordView record{.offset = Offset(17),
                    .timestamp_ms = 1'767'268'800'123,
                    .key = "key",
                    .value = "value",
                    .headers = std::span<const HeaderView>(&header, 1)};
  SideOrigin origin{.where = &where, .record = &record};
};

std::optional<std::string> Header(const SideRecord& record, std::string_view name) {
  for (const SideHeader& header : record.headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

constexpr std::int64_t kNoon = 1'767'268'800'000;

TEST_CASE(
    "a late record keeps key, value and headers and says which queries and windows it missed") {
  const PipelinePlan plan = TwoQueries();
  const SideRecordWriter writer(plan);
  const Original original;
  const std::vector<LatePart> parts = {{.query = 0, .window_ends = {kNoon}},
                                       {.query = 1, .window_ends = {kNoon, kNoon + 60'000}}};
  const SideRecord record = writer.Late(original.origin, parts);
  CHECK(record.kind == SideRecord::Kind::kLate);
  CHECK(record.key == "key");
  CHECK(record.value == "value");
  CHECK(record.headers[0] == SideHeader{"trace", std::nullopt});
  CHECK(Header(record, "tidemark-reason") == "LATE");
  CHECK(Header(record, "tidemark-source") == "in/4@17");
  CHECK(Header(record, "tidemark-source-timestamp") == "1767268800123");
  CHECK(Header(record, "tidemark-queries") == "asr,calls");
  CHECK(Header(record, "tidemark-windows") ==
        "calls=2026-01-01T11:59:00Z/2026-01-01T12:00:00Z;"
        "asr=2026-01-01T11:58:00Z/2026-01-01T12:00:00Z,2026-01-01T11:59:00Z/2026-01-01T12:01:00Z");
  CHECK(Header(record, "tidemark-elements") == std::nullopt);
}

TEST_CASE("with unnest the elements are named, each once") {
  PipelinePlan plan = TwoQueries();
  plan.decode.unnest = {3};
  const SideRecordWriter writer(plan);
  const Original original;
  const std::vector<LatePart> parts = {{.element = 0, .query = 0, .window_ends = {}},
                                       {.element = 0, .query = 1, .window_ends = {}},
                                       {.element = 3, .query = 0, .window_ends = {}},
                                       {.element = 4, .query = 0, .window_ends = {}},
                                       {.element = 5, .query = 0, .window_ends = {}}};
  CHECK(Header(writer.Late(original.origin, parts), "tidemark-elements") == "0,3-5");
}

TEST_CASE("a dead record has the reason of its first dead element and no queries") {
  const PipelinePlan plan = TwoQueries();
  const SideRecordWriter writer(plan);
  const Original original;
  const std::vector<DeadPart> parts = {
      {.element = 1, .reason = DeadReason::kKeyTooLarge, .query = 1U, .detail = "key"},
      {.element = 2, .reason = DeadReason::kInvalidEventTime, .query = {}, .detail = "time"}};
  const SideRecord record = writer.DeadLetter(original.origin, parts);
  CHECK(record.kind == SideRecord::Kind::kDeadLetter);
  CHECK(Header(record, "tidemark-reason") == "INVALID_EVENT_TIME");
  CHECK(Header(record, "tidemark-detail") == "time");
  CHECK(Header(record, "tidemark-queries") == "asr");
}

TEST_CASE("a key too large names the queries that left the event out") {
  const PipelinePlan plan = TwoQueries();
  const SideRecordWriter writer(plan);
  const Original original;
  const std::vector<DeadPart> parts = {
      {.reason = DeadReason::kKeyTooLarge, .query = 0U, .detail = "key"},
      {.reason = DeadReason::kKeyTooLarge, .query = 1U, .detail = "key"}};
  const SideRecord record = writer.DeadLetter(original.origin, parts);
  CHECK(Header(record, "tidemark-reason") == "KEY_TOO_LARGE");
  CHECK(Header(record, "tidemark-queries") == "asr,calls");
}

TEST_CASE("payload none keeps headers only") {
  PipelinePlan plan = TwoQueries();
  plan.late.full_payload = false;
  const SideRecordWriter writer(plan);
  const Original original;
  const std::vector<LatePart> late = {{.query = 0, .window_ends = {kNoon}}};
  const SideRecord record = writer.Late(original.origin, late);
  CHECK(record.key == std::nullopt);
  CHECK(record.value == std::nullopt);
  CHECK(record.headers[0] == SideHeader{"trace", std::nullopt});
  CHECK(Header(record, "tidemark-reason") == "LATE");
  const std::vector<DeadPart> dead = {{.detail = "broken"}};
  CHECK(writer.DeadLetter(original.origin, dead).value == "value");
}

TEST_CASE(
    "a record exactly at its topic's limit is kept, one byte more becomes a stub that names it") {
  const PipelinePlan plan = TwoQueries();
  SideRecordWriter writer(plan);
  const Original original;
  const std::vector<DeadPart> dead = {{.detail = "broken"}};
  const std::size_t size = writer.DeadLetter(original.origin, dead).bytes();
  writer.SetLimits({.dead_letter = size});
  CHECK(writer.DeadLetter(original.origin, dead).value == "value");
  writer.SetLimits({.dead_letter = size - 1});
  const SideRecord stub = writer.DeadLetter(original.origin, dead);
  CHECK(stub.key == std::nullopt);
  CHECK(stub.value == "{\"topic\":\"in\",\"partition\":4,\"offset\":17,\"size\":" +
                          std::to_string(size) + ",\"reason\":\"DECODE_FAILED\"}");
  CHECK(Header(stub, "tidemark-reason") == "RECORD_TOO_LARGE");
  CHECK(Header(stub, "trace") == std::nullopt);
}

}  // namespace
}  // namespace tidemark
