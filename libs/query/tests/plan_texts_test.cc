// Whole files: the pipeline that ships, every option, descriptor sets, and the plan as text.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "query/explain.h"
#include "query/tests/pipeline_text.h"

namespace tidemark {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST_CASE("the voice pipeline that ships is planned") {
  const PlanResult result = PlanText(ReadFile("config/pipelines/voice.yaml"));
  INFO(Messages(result));
  REQUIRE(result.ok());
  const auto& queries = result.plan->queries;
  REQUIRE(queries.size() == 3);
  CHECK(queries[0].window.ToString() == "tumble('1m')");
  CHECK(queries[1].window.ToString() == "hop(size => '5m', slide => '1m')");
  CHECK(queries[2].allowed_lateness == Duration(600'000));
  CHECK(queries[2].sinks[0].revisions == SinkPlan::Revisions::kAll);
  CHECK(OutputSchema(queries[0]) ==
        "column        type       from                               error\n"
        "window_start  timestamp  window                             exact\n"
        "window_end    timestamp  window                             exact\n"
        "account_sid   string     group column                       exact\n"
        "country       string     group column                       exact\n"
        "calls         integer    count                              exact\n"
        "asr           decimal    asr                                exact\n"
        "aloc_s        decimal    aloc                               exact\n"
        "pdd_p95_ms    decimal    percentile                         " +
            std::string(FindAggregate("percentile")->info.error) +
            "\n"
            "tags          object     counts                             exact\n"
            "finality      string     ON_TIME or FINAL                   exact\n"
            "revision      integer    0, or 1 if late events changed it  exact\n");
}

TEST_CASE("a plan explains its windows, late tags, shared states, topics and warnings") {
  const PlanResult result = PlanText(PipelineOf(
      "SELECT account_sid AS account, sum(summary.pdd_ms) AS total, avg(summary.pdd_ms) AS mean,\n"
      "       count(*) FILTER (WHERE summary.state = 'BUSY') AS busy\n"
      "FROM calls WHERE account_sid <> 'it''s #1' GROUP BY hop(size => '5m', slide => '1m'), "
      "account",
      "    allowed_lateness: 90s\nlate: {payload: none, retention: 1d}\n"));
  INFO(Messages(result));
  REQUIRE(result.ok());
  const std::string text = ExplainPlan(*result.plan);
  INFO(text);
  for (const std::string_view part :
       {"hop(size => '5m', slide => '1m'): windows of 5m in 5 slices of 1m",
        "ON_TIME at the window's end, FINAL 1m30s later; late tags every 30s",
        "(account_sid <> 'it''s #1')", "account = account_sid",
        "count(*) where (summary.state = 4)", "total = sum of state 1", "mean = avg of state 1",
        "__tidemark.<cluster>.voice.<incarnation>.shuffle", "voice.late",
        "delete, 1d, headers only", "results (all revisions)",
        "message.timestamp.type=LogAppendTime"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("every option of the file arrives in the plan") {
  PipelineSource source;
  source.environment = {{"TOPIC", "metrics"}};
  source.text = R"(version: 1
pipeline: a-1
source:
  topics: ["${TOPIC}", other]
  start: 2026-11-25T10:00:00Z
  message: ${MESSAGE:-tidemark.events.v1.CallMetric}
  format: protobuf
  unnest: ""
  event_time: {field: EVENT_TIME_MS, as: unix_s}
  min_event_time: 2010-01-01
  watermark: {max_out_of_orderness: 5s, idle_after: 2m, max_future_skew: 1m, all_idle: {close_after: 3m}, trusted_time: required}
  pii: []
shuffle: {lanes: 3, partitions: 5}
queries:
  - name: q
    sql: SELECT count(*) FROM events GROUP BY tumble('5m')
    allowed_lateness: 1m
    sinks: [{topic: a, revisions: final, format: json}, {topic: b}]
late: {payload: none, retention: 2d}
dead_letter: {payload: none}
topics: {create: false, replication_factor: 3, partitions: 7}
)";
  const PlanResult result = PlanPipeline(source);
  INFO(RenderDiagnostics(result.diagnostics, source.text));
  REQUIRE(result.ok());
  const PipelinePlan& plan = *result.plan;
  CHECK(plan.topics == std::vector<std::string>{"metrics", "other"});
  CHECK(plan.start.kind == StartPosition::Kind::kTime);
  CHECK(FormatTime(plan.start.time.value()) == "2026-11-25T10:00:00Z");
  CHECK(plan.decode.event_time.name == "event_time_ms");
  CHECK(plan.decode.time_unit == TimeUnit::kUnixSeconds);
  CHECK(FormatTime(plan.decode.min_event_time.value()) == "2010-01-01T00:00:00Z");
  CHECK(plan.watermark.max_out_of_orderness == Duration(5'000));
  CHECK(plan.watermark.idle_after == Duration(120'000));
  CHECK(plan.watermark.max_future_skew == Duration(60'000));
  CHECK(plan.watermark.close_after == Duration(180'000));
  CHECK(plan.watermark.trusted_time_required);
  CHECK(plan.warnings.empty());
  CHECK(plan.lanes == 3);
  CHECK(plan.shuffle_partitions == 5);
  CHECK(plan.queries[0].allowed_lateness == Duration(60'000));
  REQUIRE(plan.queries[0].sinks.size() == 2);
  CHECK(plan.queries[0].sinks[0].revisions == SinkPlan::Revisions::kFinal);
  CHECK(plan.queries[0].sinks[1].revisions == SinkPlan::Revisions::kAll);
  CHECK_FALSE(plan.late.full_payload);
  CHECK(plan.late.retention == Duration(2 * 86'400'000LL));
  CHECK(plan.dead_letter.retention == Duration(3 * 86'400'000LL));
  CHECK_FALSE(plan.sink_topics.create);
  CHECK(plan.sink_topics.replication_factor == 3);
  CHECK(plan.sink_topics.partitions == 7);
}

// A set with one message: batches of elements with a Timestamp, names with capitals.
std::string BatchSet() {
  using google::protobuf::FieldDescriptorProto;
  google::protobuf::FileDescriptorSet set;
  auto* file = set.add_file();
  file->set_name("batch.proto");
  file->set_package("my");
  file->set_syntax("proto3");
  file->add_dependency("google/protobuf/timestamp.proto");
  const auto add = [](google::protobuf::DescriptorProto& message, const char* name,
                      FieldDescriptorProto::Type type) {
    auto* field = message.add_field();
    field->set_name(name);
    field->set_number(message.field_size());
    field->set_type(type);
    field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    return field;
  };
  auto* item = file->add_message_type();
  item->set_name("Item");
  add(*item, "at", FieldDescriptorProto::TYPE_MESSAGE)->set_type_name(".google.protobuf.Timestamp");
  add(*item, "callSid", FieldDescriptorProto::TYPE_STRING);
  add(*item, "score", FieldDescriptorProto::TYPE_DOUBLE);
  auto* batch = file->add_message_type();
  batch->set_name("Batch");
  auto* items = add(*batch, "items", FieldDescriptorProto::TYPE_MESSAGE);
  items->set_type_name(".my.Item");
  items->set_label(FieldDescriptorProto::LABEL_REPEATED);
  return set.SerializeAsString();
}

PipelineSource BatchPipeline(std::string_view sql) {
  PipelineSource source;
  source.descriptor_set = BatchSet();
  source.text = StrCat(
      "version: 1\npipeline: p\nsource: {name: s, topics: [t], descriptor_set: "
      "\"${DIR:-.}/batch.pb\", message: my.Batch, unnest: items, "
      "event_time: at}\nqueries:\n  - name: q\n    sql: |\n      ",
      sql, "\n    sink: {topic: r}\n");
  return source;
}

TEST_CASE("a descriptor set with unnest has paths relative to the element") {
  const PipelineSource source =
      BatchPipeline("SELECT callSid, sum(score) AS s FROM s GROUP BY tumble('1m'), CALLSID");
  const PlanResult result = PlanPipeline(source);
  INFO(RenderDiagnostics(result.diagnostics, source.text));
  REQUIRE(result.ok());
  CHECK(result.plan->decode.time_unit == TimeUnit::kTimestampMessage);
  CHECK(result.plan->decode.unnest == std::vector<std::int32_t>{1});
  CHECK(result.plan->queries[0].outputs[0].name == "callSid");
  CHECK(DescriptorSetFile(source) == "./batch.pb");
}

TEST_CASE("grouping by a double is refused") {
  const PlanResult result =
      PlanPipeline(BatchPipeline("SELECT score, count(*) FROM s GROUP BY tumble('1m'), score"));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].message ==
        "grouping by a double is refused: equal-looking values may differ");
}

TEST_CASE("times are compared with texts that are times") {
  CHECK(PlanPipeline(
            BatchPipeline("SELECT count(*) FROM s WHERE at >= '2026-11-25' GROUP BY tumble('1m')"))
            .ok());
  const PlanResult result = PlanPipeline(
      BatchPipeline("SELECT count(*) FROM s WHERE at >= 'today' GROUP BY tumble('1m')"));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].message == "'today' is not a time");
}

TEST_CASE(
    "a descriptor set that is missing, broken or without the message is reported at the file") {
  PipelineSource source = BatchPipeline("SELECT count(*) FROM s GROUP BY tumble('1m')");
  source.descriptor_set.clear();
  CHECK(PlanPipeline(source).diagnostics.at(0).code == "DESCRIPTOR_SET");
  source.descriptor_set = "no descriptor set";
  CHECK(PlanPipeline(source).diagnostics.at(0).code == "DESCRIPTOR_SET");
  source.descriptor_set = google::protobuf::FileDescriptorSet().SerializeAsString();
  CHECK_FALSE(PlanPipeline(source).ok());
}

TEST_CASE("a query without text is an error, not a query that is left out") {
  const PlanResult result =
      PlanText(StrCat(kHead, "  - name: a\n    sql: |\n    sink: {topic: a}\n"));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].line == 6);
}

TEST_CASE("carets count characters, and line ends of either kind are one") {
  std::string text = PipelineOf(
      "SELECT count(*) FROM calls WHERE account_sid = 'Köln' AND nope = 1 GROUP BY tumble('5m')");
  const PlanResult unix = PlanText(text);
  std::string dos;
  for (const char c : text) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const PlanResult windows = PlanText(dos);
  REQUIRE(unix.diagnostics.size() == 1);
  REQUIRE(windows.diagnostics.size() == 1);
  CHECK(unix.diagnostics[0].column == 65);
  CHECK(unix.diagnostics[0].length == 4);
  CHECK(windows.diagnostics[0].line == unix.diagnostics[0].line);
  CHECK(windows.diagnostics[0].column == unix.diagnostics[0].column);
}

TEST_CASE("a variable in SQL shifts no caret") {
  PipelineSource source;
  source.text = PipelineOf(
      "SELECT count(*) FROM calls WHERE account_sid = '${A}' AND nope = 1 GROUP BY tumble('5m')");
  source.environment = {{"A", "a value that is much longer than its name"}};
  const PlanResult result = PlanPipeline(source);
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(source.text.substr(source.text.find("SELECT") + result.diagnostics[0].column - 7, 4) ==
        "nope");
}

}  // namespace
}  // namespace tidemark
