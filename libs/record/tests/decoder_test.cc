#include "record/decoder.h"

#include <catch2/catch.hpp>

#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

FieldPath Path(const MessageSchema& schema, std::string_view dotted) {
  Result<FieldPath> path = schema.Resolve(dotted, {});
  INFO(path.status().ToString());
  REQUIRE(path.ok());
  return std::move(path).value();
}

TEST_CASE("a call is read into columns") {
  DecodeSpec spec{.schema = MessageSchema::CallMetric()};
  spec.event_time = Path(*spec.schema, "event_time_ms");
  for (const char* name : {"account_sid", "dims.to_country", "summary.state", "summary.tags",
                           "summary.pdd_ms", "summary.duration_ms"}) {
    spec.fields.push_back(Path(*spec.schema, name));
  }
  Decoder decoder(spec);
  DecodedRows rows(spec);
  events::v1::CallMetric call;
  call.set_event_time_ms(1'700'000'000'000);
  call.set_account_sid("AC1");
  call.mutable_dims()->set_to_country("DE");
  call.mutable_summary()->set_state(events::v1::CALL_STATE_COMPLETED);
  call.mutable_summary()->add_tags(events::v1::TAG_LOW_MOS);
  const std::string bytes = call.SerializeAsString();
  const DecodedRecord record = decoder.Decode(bytes, rows);
  REQUIRE(record.elements.size() == 1);
  CHECK(record.elements[0].fault == ElementFault::kNone);
  CHECK(record.elements[0].event_time == 1'700'000'000'000);
  REQUIRE(rows.rows == 1);
  CHECK(rows.columns[0].strings[0] == "AC1");
  CHECK(rows.columns[1].strings[0] == "DE");
  CHECK(rows.columns[2].integers[0] == 3);
  CHECK(rows.columns[3].elements->integers[0] == 6);
  CHECK(rows.columns[4].valid[0] == 0);
  CHECK(rows.columns[5].valid[0] == 1);
}

}  // namespace
}  // namespace tidemark
