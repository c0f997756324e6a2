// The ledger's laws over random input (protocol 8), with and without unnest: whatever is read is
// counted exactly once, and what is counted as late or dead is in its topic.
#include <google/protobuf/descriptor.pb.h>

#include <catch2/catch.hpp>

#include "base/bytes.h"
#include "base/random.h"
#include "base/text.h"
#include "task/pipeline_fixture.h"

namespace tidemark {
namespace {

constexpr std::int64_t kMinute = 60'000;

void CheckBalance(const SourceCounters& counters) {
  REQUIRE(counters.records == counters.decoded + counters.dead_letter + counters.tombstones);
  REQUIRE(counters.queries.size() == 2);
  for (const QueryCounters& query : counters.queries) {
    REQUIRE(counters.events == query.aggregated + query.filtered + query.late);
    REQUIRE(query.partly_late <= query.aggregated);
    REQUIRE(query.late_while_open <= query.late);
  }
}

// A CallMetric whose account is not UTF-8.
std::string WithBrokenText(std::int64_t time) {
  std::string bytes = Encode({.time = time, .account = "??"});
  return bytes.replace(bytes.find("??"), 2, "\xc3(");
}

std::optional<std::string> RandomValue(Random& random, std::int64_t time) {
  switch (random.Below(12)) {
    case 0:
      return std::nullopt;
    case 1:
      return "";
    case 2:
      return "\xff\xff";
    case 3:
      return WithBrokenText(time);
    case 4:
      return Encode({.time = time, .account = std::string(5'000, 'x')});
    case 5:
      return Encode({.time = time + 3'600'000});
    case 6:
      return Encode({.time = time - 10 * kMinute});
    default:
      return Encode({.time = time,
                     .account = StrCat("a", random.Below(3)),
                     .connect_ms = random.Between(0, 10)});
  }
}

TEST_CASE(
    "at every commit records and events add up, and the side topics hold what is counted as late "
    "or dead") {
  std::uint64_t late = 0;
  std::uint64_t partly_dead = 0;
  std::uint64_t quarantined = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    PipelineShape shape{
        .queries =
            QueryYaml("by_account",
                      "SELECT account_sid, count(*) AS calls FROM calls WHERE "
                      "summary.connect_duration_ms <> 3 GROUP BY tumble('1m'), account_sid") +
            QueryYaml("total",
                      "SELECT count(*) AS calls FROM calls "
                      "GROUP BY hop(size => '5m', slide => '1m')"),
        .source = ", watermark: {max_out_of_orderness: 20s, max_future_skew: 5m}"};
    shape.options.fetch.records = 1 + random.Below(20);
    PipelineFixture fixture(shape);
    fixture.StartLane(0);
    for (int i = 0; i < 200; ++i) {
      const std::int64_t time = kDay0 + i * 2'000 + random.Between(-60'000, 0);
      const std::optional<std::string> value = RandomValue(random, time);
      fixture.Append(0, value ? std::optional<std::string_view>(*value) : std::nullopt, time);
      if (random.Below(5) == 0) fixture.Advance(Duration(100));
      if (random.Below(3) == 0) REQUIRE(fixture.StepLane(0).outcome != StepOutcome::kHalted);
      if (random.Below(40) == 0) fixture.StartLane(0);
    }
    REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
    std::uint64_t in_frames = 0;
    for (std::uint32_t d = 0; d < 2; ++d) {
      for (const Frame& frame : fixture.Frames(d)) {
        CheckBalance(frame.header.sections[0].counters);
        for (const FrameCell& cell : frame.cells) in_frames += cell.events;
      }
    }
    const SourceCounters counters = fixture.Progress(0).sources[0].counters;
    CHECK(counters.records == 200);
    CHECK(in_frames == counters.queries[0].aggregated + counters.queries[1].aggregated);
    CHECK(fixture.Committed("voice.dead-letter").size() ==
          counters.dead_letter + counters.partly_dead);
    const std::size_t copies = fixture.Committed("voice.late").size();
    CHECK(copies >= counters.queries[0].late);
    CHECK(copies <= counters.queries[0].late + counters.queries[1].late);
    late += counters.queries[0].late;
    partly_dead += counters.partly_dead;
    quarantined += counters.quarantined;
  }
  CHECK(late > 0);
  CHECK(partly_dead > 0);
  CHECK(quarantined > 0);
}

// message Batch { repeated Item items = 1; }  message Item { int64 t = 1; string account = 2; }
std::string BatchSchema() {
  google::protobuf::FileDescriptorSet set;
  auto& file = *set.add_file();
  file.set_name("batch.proto");
  file.set_package("test");
  file.set_syntax("proto3");
  const auto add = [](google::protobuf::DescriptorProto& message, const std::string& name,
                      int number) {
    auto& field = *message.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    return &field;
  };
  auto& item = *file.add_message_type();
  item.set_name("Item");
  add(item, "t", 1)->set_type(google::protobuf::FieldDescriptorProto::TYPE_INT64);
  add(item, "account", 2)->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  auto& batch = *file.add_message_type();
  batch.set_name("Batch");
  auto* items = add(batch, "items", 1);
  items->set_label(google::protobuf::FieldDescriptorProto::LABEL_REPEATED);
  items->set_type(google::protobuf::FieldDescriptorProto::TYPE_MESSAGE);
  items->set_type_name(".test.Item");
  return set.SerializeAsString();
}

std::string Item(std::int64_t time, std::string_view account = "a") {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(0x08);
  out.Leb128(static_cast<std::uint64_t>(time));
  out.U8(0x12);
  out.LengthPrefixed(account);
  return bytes;
}

std::string Batch(const std::vector<std::string>& items) {
  std::string bytes;
  ByteWriter out(bytes);
  for (const std::string& item : items) {
    out.U8(0x0a);
    out.LengthPrefixed(item);
  }
  return bytes;
}

PipelineShape Unnested() {
  return {.queries = QueryYaml(
              "q", "SELECT account, count(*) AS calls FROM calls GROUP BY tumble('1m'), account"),
          .source =
              ", descriptor_set: batch.pb, message: test.Batch, unnest: items, watermark: "
              "{max_out_of_orderness: 0s}",
          .event_time = "t",
          .descriptor_set = BatchSchema()};
}

TEST_CASE("all elements of a record are judged with the watermark before it") {
  PipelineFixture fixture(Unnested());
  fixture.Append(0, Batch({Item(kDay0 + 10 * kMinute), Item(kDay0)}), kDay0 + 10 * kMinute);
  fixture.Append(0, Batch({Item(kDay0)}), kDay0 + 10 * kMinute);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.events == 3);
  CHECK(counters.queries[0].aggregated == 2);
  CHECK(counters.queries[0].late == 1);
}

TEST_CASE(
    "a record with dead and late elements is written whole, once to each topic, naming them") {
  PipelineFixture fixture(Unnested());
  const std::int64_t now = kDay0 + 10 * kMinute;
  fixture.Append(0, Batch({Item(now)}), now);
  const std::string mixed =
      Batch({Item(0), Item(now), Item(kDay0), Item(kDay0), Item(now + 300'001)});
  fixture.Append(0, mixed, now);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.decoded == 2);
  CHECK(counters.partly_dead == 1);
  CHECK(counters.dead_letter == 0);
  CHECK(counters.events == 4);
  CHECK(counters.queries[0].late == 2);
  const std::vector<DumpedRecord> late = fixture.Committed("voice.late");
  REQUIRE(late.size() == 1);
  CHECK(late[0].value == mixed);
  CHECK(HeaderOf(late[0], "tidemark-elements") == "2-3");
  const std::vector<DumpedRecord> dead = fixture.Committed("voice.dead-letter");
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].value == mixed);
  CHECK(HeaderOf(dead[0], "tidemark-elements") == "0,4");
  CHECK(HeaderOf(dead[0], "tidemark-reason") == "INVALID_EVENT_TIME");
}

TEST_CASE(
    "a record of no elements is decoded, one of only dead elements is dead, a broken one too") {
  PipelineFixture fixture(Unnested());
  fixture.Append(0, "", kDay0);
  fixture.Append(0, Batch({Item(0), Item(-1)}), kDay0);
  fixture.Append(0, "\x0a\x7f", kDay0);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  const SourceCounters counters = fixture.Progress(0).sources[0].counters;
  CHECK(counters.records == 3);
  CHECK(counters.decoded == 1);
  CHECK(counters.dead_letter == 2);
  CHECK(counters.events == 0);
  CHECK(fixture.Committed("voice.dead-letter").size() == 2);
}

TEST_CASE("a record of more elements than a batch has rows is taken whole") {
  PipelineFixture fixture(Unnested());
  std::vector<std::string> items(3'000, Item(kDay0));
  fixture.Append(0, Batch(items), kDay0);
  fixture.StartLane(0);
  REQUIRE(fixture.RunLane(0).outcome == StepOutcome::kIdle);
  CHECK(fixture.Progress(0).sources[0].counters.queries[0].aggregated == 3'000);
}

}  // namespace
}  // namespace tidemark
