#include <catch2/catch.hpp>

#include "record/decoder.h"
#include "record/tests/descriptor_sets.h"
#include "record/tests/testing.h"

namespace tidemark {
namespace {

constexpr std::int64_t kTime = 1'700'000'000'000;

DecodeSpec Unnested(std::string_view path, std::string_view event_time,
                    const std::vector<std::string>& fields) {
  DecodeSpec spec{
      .schema =
          MessageSchema::FromDescriptorSet(ShopSet().SerializeAsString(), "shop.Batch").value()};
  spec.unnest = spec.schema->ResolveUnnest(path).value();
  spec.event_time = Resolved(*spec.schema, event_time, spec.unnest);
  for (const std::string& field : fields)
    spec.fields.push_back(Resolved(*spec.schema, field, spec.unnest));
  return spec;
}

std::string Event(std::string_view name, const std::string& rest = "") {
  return VarintField(1, kTime) + BytesField(4, name) + rest;
}

TEST_CASE("each element of an unnested field is judged alone") {
  const DecodeSpec spec = Unnested("events", "at_ms", {"name", "header.sent_ms"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string record =
      BytesField(2, Event("a")) + BytesField(1, Tag(9, 7)) + BytesField(2, Event("b", Tag(9, 7))) +
      BytesField(2, Event("c", BytesField(3, "\x80"))) + BytesField(2, BytesField(4, "d")) +
      BytesField(2, Event("\xff")) + BytesField(2, Event("f", BytesField(3, VarintField(1, 5))));
  const std::span<const Element> elements = DecodeOne(decoder, record, rows);
  REQUIRE(elements.size() == 6);
  const ElementFault faults[] = {ElementFault::kNone,          ElementFault::kBroken,
                                 ElementFault::kBrokenPayload, ElementFault::kInvalidEventTime,
                                 ElementFault::kNotUtf8,       ElementFault::kNone};
  for (std::uint32_t i = 0; i < 6; ++i) {
    CHECK(elements[i].index == i);
    CHECK(elements[i].fault == faults[i]);
  }
  CHECK(elements[0].row == 0);
  CHECK(elements[5].row == 1);
  REQUIRE(rows.rows == 2);
  CHECK(Row(rows, 0) == "\"a\"|NULL");
  CHECK(Row(rows, 1) == "\"f\"|5");
}

TEST_CASE("a record whose framing down to the elements is broken has none, and no rows") {
  const DecodeSpec spec = Unnested("wrapped.events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string wrapped = BytesField(3, BytesField(1, Event("a")));
  CHECK(DecodeOne(decoder, wrapped, rows).size() == 1);
  for (const std::string& broken : {wrapped + Tag(9, 7), wrapped + BytesField(3, Tag(9, 7))}) {
    const std::span<const Element> elements = DecodeOne(decoder, broken, rows);
    REQUIRE(elements.size() == 1);
    CHECK(elements[0].fault == ElementFault::kUnframed);
    CHECK(elements[0].row == -1);
  }
  CHECK(rows.rows == 1);
  CHECK(DecodeOne(decoder, "", rows).empty());
}

TEST_CASE("elements in several parts are collected, and a oneof that turns away drops them") {
  const DecodeSpec spec = Unnested("wrapped.events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string a = BytesField(3, BytesField(1, Event("a")));
  const std::string b = BytesField(3, BytesField(1, Event("b")));
  CHECK(DecodeOne(decoder, a + b, rows).size() == 2);
  CHECK(DecodeOne(decoder, a + VarintField(4, 1), rows).empty());
  rows.Clear();
  const std::string turned = a + VarintField(4, 1) + b;
  CHECK(DecodeOne(decoder, turned, rows).size() == 1);
  CHECK(Row(rows, 0) == "\"b\"");
}

TEST_CASE("each element names its record") {
  const DecodeSpec spec = Unnested("events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string two = BytesField(2, Event("a")) + BytesField(2, Event("b"));
  const std::string none;
  const std::string broken = Tag(9, 7);
  const std::vector<std::string_view> records = {two, none, broken, two};
  const DecodedRecords decoded = decoder.Decode(records, rows);
  CHECK(decoded.taken == 4);
  std::vector<std::uint32_t> of;
  for (const Element& element : decoded.elements) of.push_back(element.record);
  CHECK(of == std::vector<std::uint32_t>{0, 0, 2, 3, 3});
  CHECK(rows.rows == 4);
}

TEST_CASE("a record with more elements than a batch has rows goes into one batch") {
  const DecodeSpec spec = Unnested("events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  std::string many;
  for (std::size_t i = 0; i <= kBatchRows; ++i) many += BytesField(2, Event(std::to_string(i)));
  const std::vector<std::string_view> records = {many, many};
  const DecodedRecords decoded = decoder.Decode(records, rows);
  CHECK(decoded.taken == 1);
  CHECK(rows.rows == kBatchRows + 1);
  CHECK(Row(rows, kBatchRows) == "\"1024\"");
}

TEST_CASE("an element's event time may be a Timestamp or lie deeper") {
  const std::string record = BytesField(
      2, BytesField(2, VarintField(1, 1'700'000'000)) + BytesField(3, VarintField(1, kTime + 1)));
  DecodeSpec timestamp = Unnested("events", "at", {});
  timestamp.time_unit = TimeUnit::kTimestampMessage;
  DecodedRows rows(timestamp);
  Decoder by_timestamp(timestamp);
  CHECK(DecodeOne(by_timestamp, record, rows)[0].event_time == kTime);
  Decoder deeper(Unnested("events", "header.sent_ms", {}));
  CHECK(DecodeOne(deeper, record, rows)[0].event_time == kTime + 1);
}

}  // namespace
}  // namespace tidemark
