// What a cluster stores with a pipeline: its file, and of a descriptor set what the message needs.
#include <google/protobuf/descriptor.pb.h>

#include "control/tests/admin_bench.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

// Batches of readings. `extra` types lie beside them, which nothing refers to.
std::string ReadingsSet(int extra, const std::string& unit = "celsius") {
  using Field = google::protobuf::FieldDescriptorProto;
  google::protobuf::FileDescriptorSet set;
  auto* file = set.add_file();
  file->set_name("readings.proto");
  file->set_package("readings");
  file->set_syntax("proto3");
  const auto add = [](auto* message, const std::string& name, Field::Type type) {
    auto* field = message->add_field();
    field->set_name(name);
    field->set_number(message->field_size());
    field->set_type(type);
    field->set_label(Field::LABEL_OPTIONAL);
    return field;
  };
  auto* reading = file->add_message_type();
  reading->set_name("Reading");
  add(reading, "at_ms", Field::TYPE_INT64);
  add(reading, unit, Field::TYPE_INT64);
  auto* batch = file->add_message_type();
  batch->set_name("Batch");
  auto* elements = add(batch, "readings", Field::TYPE_MESSAGE);
  elements->set_label(Field::LABEL_REPEATED);
  elements->set_type_name(".readings.Reading");
  for (int i = 0; i < extra; ++i) file->add_message_type()->set_name(StrCat("Extra", i));
  return set.SerializeAsString();
}

pb::ApplyPipelineRequest ReadingsRequest(const std::string& set) {
  pb::ApplyPipelineRequest request;
  request.set_file("readings.yaml");
  request.set_text(R"(version: 1
pipeline: readings
source: {topics: [calls], descriptor_set: readings.pb, message: readings.Batch, unnest: readings,
         event_time: at_ms}
shuffle: {partitions: 1}
queries:
  - name: hottest
    sql: SELECT max(celsius) AS hottest FROM events GROUP BY tumble('1m')
    sinks: [{topic: hottest}]
)");
  request.set_descriptor_set(set);
  return request;
}

TEST_CASE("a cluster keeps of a descriptor set what the message needs, and workers run by it") {
  Bench bench;
  const RunningWorker w1(bench.log, "w1", bench.address);
  const auto applied = bench.client.Apply(ReadingsRequest(ReadingsSet(0)));
  INFO(applied.status().ToString());
  REQUIRE(applied.ok());
  const auto runs = [&] {
    const auto now = bench.Get("readings");
    return now.ok() && now->state() == pb::PIPELINE_STATE_RUNNING;
  };
  bench.Until(runs);
  // The same message in a set that holds more is the same pipeline; another one is not.
  CHECK(bench.client.Apply(ReadingsRequest(ReadingsSet(100)))->etag() ==
        bench.Get("readings")->etag());
  auto other = ReadingsRequest(ReadingsSet(0, "fahrenheit"));
  other.mutable_text()->replace(other.text().find("max(celsius)"), 12, "max(fahrenheit)");
  CHECK_FALSE(bench.client.Apply(other).ok());
  // A coordinator that begins to lead plans it from what is stored.
  bench.node.reset();
  bench.node =
      std::make_unique<Node>(bench.log, bench.address, CoordinatorHostOptions::Begin::kClaim);
  bench.Until(runs);
  CHECK(bench.Get("readings")->queries(0).name() == "hottest");
}

TEST_CASE("a descriptor set that is missing, broken, or without the message is a diagnostic") {
  Bench bench;
  const auto why = [&](pb::ApplyPipelineRequest request) {
    CHECK(bench.client.Apply(request).status().code() == StatusCode::kInvalidArgument);
    REQUIRE(bench.client.diagnostics().size() == 1);
    const pb::Diagnostic& only = bench.client.diagnostics().front();
    CHECK(only.file() == "readings.yaml");
    CHECK(only.line() == 3);
    return StrCat(only.message(), " / ", only.suggestion());
  };
  using Catch::Contains;
  CHECK_THAT(why(ReadingsRequest("")), Contains("was not read") && Contains("--include_imports"));
  CHECK_THAT(why(ReadingsRequest("broken")), Contains("not a FileDescriptorSet"));
  auto misspelt = ReadingsRequest(ReadingsSet(0));
  misspelt.mutable_text()->replace(misspelt.text().find("readings.Batch"), 14, "readings.Bach");
  CHECK_THAT(why(misspelt), Contains("readings.Bach") && Contains("readings.Batch"));
}

TEST_CASE("a refusal with more mistakes than its details have room for tells the first of them") {
  Bench bench;
  std::string text = CallsByAccount();
  for (int i = 0; i < 60; ++i) {
    text += StrCat("  - name: q", i, "\n    sql: SELECT nope_", i,
                   ", count(*) FROM calls GROUP BY tumble('1m'), nope_", i,
                   "\n    sinks: [{topic: t", i, "}]\n");
  }
  const auto refused = bench.ApplyText(text);
  CHECK(refused.status().code() == StatusCode::kInvalidArgument);
  CHECK_THAT(refused.status().message(), Catch::Contains("nope_0"));
  REQUIRE_FALSE(bench.client.diagnostics().empty());
  CHECK_THAT(bench.client.diagnostics().front().message(), Catch::Contains("nope_0"));
}

TEST_CASE(
    "a pipeline that does not fit into one record of the log is refused before it is logged") {
  Bench bench;
  std::string text = CallsByAccount();
  for (int i = 0; i < 9'300; ++i) text += StrCat("# ", std::string(97, 'x'), "\n");
  const auto refused = bench.ApplyText(text);
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(refused.status().message(), Catch::Contains("bytes"));
  CHECK(bench.Apply("voice").ok());
}

}  // namespace
}  // namespace tidemark
