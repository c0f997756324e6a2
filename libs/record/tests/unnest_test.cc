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
  const DecodedRecord decoded = decoder.Decode(record, rows);
  REQUIRE(decoded.framed);
  REQUIRE(decoded.elements.size() == 6);
  const ElementFault faults[] = {ElementFault::kNone,          ElementFault::kBroken,
                                 ElementFault::kBrokenPayload, ElementFault::kInvalidEventTime,
                                 ElementFault::kNotUtf8,       ElementFault::kNone};
  for (std::uint32_t i = 0; i < 6; ++i) {
    CHECK(decoded.elements[i].index == i);
    CHECK(decoded.elements[i].fault == faults[i]);
  }
  CHECK(decoded.elements[0].row == 0);
  CHECK(decoded.elements[5].row == 1);
  REQUIRE(rows.rows == 2);
  decoder.Complete(rows);
  CHECK(Row(rows, 0) == "\"a\"|NULL");
  CHECK(Row(rows, 1) == "\"f\"|5");
}

TEST_CASE("a record whose framing down to the elements is broken has none, and no rows") {
  const DecodeSpec spec = Unnested("wrapped.events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string wrapped = BytesField(3, BytesField(1, Event("a")));
  CHECK(decoder.Decode(wrapped, rows).elements.size() == 1);
  for (const std::string& broken : {wrapped + Tag(9, 7), wrapped + BytesField(3, Tag(9, 7))}) {
    const DecodedRecord decoded = decoder.Decode(broken, rows);
    CHECK(!decoded.framed);
    CHECK(decoded.elements.empty());
  }
  CHECK(rows.rows == 1);
  CHECK(decoder.Decode("", rows).framed);
  CHECK(decoder.Decode("", rows).elements.empty());
}

TEST_CASE("elements in several parts are collected, and a oneof that turns away drops them") {
  const DecodeSpec spec = Unnested("wrapped.events", "at_ms", {"name"});
  Decoder decoder(spec);
  DecodedRows rows(spec);
  const std::string a = BytesField(3, BytesField(1, Event("a")));
  const std::string b = BytesField(3, BytesField(1, Event("b")));
  CHECK(decoder.Decode(a + b, rows).elements.size() == 2);
  CHECK(decoder.Decode(a + VarintField(4, 1), rows).elements.empty());
  rows.Clear();
  const std::string turned = a + VarintField(4, 1) + b;
  CHECK(decoder.Decode(turned, rows).elements.size() == 1);
  decoder.Complete(rows);
  CHECK(Row(rows, 0) == "\"b\"");
}

TEST_CASE("an element's event time may be a Timestamp or lie deeper") {
  const std::string record = BytesField(
      2, BytesField(2, VarintField(1, 1'700'000'000)) + BytesField(3, VarintField(1, kTime + 1)));
  DecodeSpec timestamp = Unnested("events", "at", {});
  timestamp.time_unit = TimeUnit::kTimestampMessage;
  DecodedRows rows(timestamp);
  CHECK(Decoder(timestamp).Decode(record, rows).elements[0].event_time == kTime);
  CHECK(Decoder(Unnested("events", "header.sent_ms", {}))
            .Decode(record, rows)
            .elements[0]
            .event_time == kTime + 1);
}

}  // namespace
}  // namespace tidemark
