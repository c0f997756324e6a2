#include "proof/batch.h"

#include <catch2/catch.hpp>

#include "proof/tests/call_builder.h"
#include "proof/wire.h"

namespace tidemark::proof {
namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;

std::string CountCalls(const Calls& calls) { return std::to_string(calls.size()); }

// Counts calls per account, in windows of one minute.
BatchQuery Counting() {
  return {.name = "counting",
          .topic = "counts",
          .revisions = Revisions::kAll,
          .size_ms = kMinute,
          .slide_ms = kMinute,
          .lateness_ms = 0,
          .where = [](const Call&) { return true; },
          .group = {{"account", [](const Call& call) { return std::optional(call.account_sid); }}},
          .outputs = {{"calls", CountCalls}}};
}

// Watermarks follow at once: W is the largest event time.
constexpr TimeRules kPrompt{.max_out_of_orderness_ms = 0};

InputPartition Partition(const std::vector<std::int64_t>& times) {
  InputPartition partition{.topic = "in", .partition = 0, .records = {}, .control = {}};
  for (const std::int64_t time : times) Append(partition, CallSpec{.time_ms = time});
  return partition;
}

BatchResult Compute(const std::vector<InputPartition>& input, const BatchQuery& query) {
  return ComputeBatch(input, kPrompt, {query});
}

// "window end minus ten o'clock in seconds: finality revision calls"
std::vector<std::string> Summary(const BatchResult& result) {
  std::vector<std::string> rows;
  for (const ExpectedRow& row : result.queries.at(0).rows) {
    rows.push_back(row.fields.at("window_end").substr(12, 5) + " " + row.fields.at("finality") +
                   " " + row.fields.at("revision") + " " + row.fields.at("calls"));
  }
  return rows;
}
using Rows = std::vector<std::string>;

TEST_CASE("a record exactly at the window end opens the next window") {
  const auto result = Compute(
      {Partition({kTen, kTen + kMinute - 1, kTen + kMinute, kTen + 2 * kMinute})}, Counting());
  CHECK(Summary(result) == Rows{"10:01 \"FINAL\" 0 2", "10:02 \"FINAL\" 0 1"});
  CHECK(result.queries[0].open_windows == 1);
}

TEST_CASE("a row has the key and the fields of the contract") {
  const auto result = Compute({Partition({kTen, kTen + kMinute})}, Counting());
  REQUIRE(result.queries[0].rows.size() == 1);
  const ExpectedRow& row = result.queries[0].rows[0];
  CHECK(
      row.key ==
      R"({"window_start":"2025-11-25T10:00:00Z","window_end":"2025-11-25T10:01:00Z","account":"AC1"})");
  CHECK(row.fields == Fields{{"window_start", "\"2025-11-25T10:00:00Z\""},
                             {"window_end", "\"2025-11-25T10:01:00Z\""},
                             {"account", "\"AC1\""},
                             {"calls", "1"},
                             {"finality", "\"FINAL\""},
                             {"revision", "0"}});
}

TEST_CASE("a record is judged with the watermark before it") {
  const auto late = Compute({Partition({kTen + kMinute, kTen + kMinute - 1})}, Counting());
  CHECK(late.queries[0].late == 1);
  CHECK(late.late == std::vector<SideRecord>{{"in/0@1", "LATE", {"counting"}}});
  const auto in_time = Compute({Partition({kTen + kMinute - 1, kTen + kMinute - 2})}, Counting());
  CHECK(in_time.queries[0].late == 0);
}

TEST_CASE("the watermark lags by the allowed disorder") {
  const TimeRules rules{.max_out_of_orderness_ms = 10 * kSecond};
  const auto in_time =
      ComputeBatch({Partition({kTen + kMinute + 9'999, kTen})}, rules, {Counting()});
  CHECK(in_time.queries[0].late == 0);
  const auto late = ComputeBatch({Partition({kTen + kMinute + 10'000, kTen})}, rules, {Counting()});
  CHECK(late.queries[0].late == 1);
}

TEST_CASE("partitions are judged by their own watermark, and rows wait for the slowest") {
  InputPartition slow = Partition({kTen, kTen + kMinute});
  slow.partition = 1;
  const auto result =
      Compute({Partition({kTen + 10 * kMinute, kTen + 11 * kMinute}), slow}, Counting());
  CHECK(result.combined_watermark_ms == kTen + kMinute);
  CHECK(Summary(result) == Rows{"10:01 \"FINAL\" 0 1"});
  CHECK(result.queries[0].late == 0);
}

TEST_CASE("nothing is final while a partition is silent") {
  const auto result = Compute({Partition({kTen, kTen + kMinute}), Partition({})}, Counting());
  CHECK_FALSE(result.combined_watermark_ms.has_value());
  CHECK(result.queries[0].rows.empty());
}

TEST_CASE("a control watermark judges the records from its offset on") {
  InputPartition partition = Partition({kTen, kTen + 1, kTen + 2});
  partition.control = {{.offset = 2, .watermark_ms = kTen + kMinute}};
  const auto result = Compute({partition}, Counting());
  CHECK(result.late == std::vector<SideRecord>{{"in/0@2", "LATE", {"counting"}}});
  CHECK(Summary(result) == Rows{"10:01 \"FINAL\" 0 2"});
  partition.control = {{.offset = 3, .watermark_ms = kTen + kMinute}};
  CHECK(Summary(Compute({partition}, Counting())) == Rows{"10:01 \"FINAL\" 0 3"});
}

TEST_CASE("a control watermark alone makes a silent partition report") {
  InputPartition silent = Partition({});
  silent.control = {{.offset = 0, .watermark_ms = kTen + 5 * kMinute}};
  CHECK(Compute({Partition({kTen, kTen + kMinute}), silent}, Counting()).queries[0].rows.size() ==
        1);
}

TEST_CASE("hopping windows hold an event once each, and one window may be late for it alone") {
  BatchQuery query = Counting();
  query.size_ms = 3 * kMinute;
  const auto all = Compute({Partition({kTen, kTen + 3 * kMinute})}, query);
  CHECK(Summary(all) == Rows{"10:01 \"FINAL\" 0 1", "10:02 \"FINAL\" 0 1", "10:03 \"FINAL\" 0 1"});
  const auto partly = Compute({Partition({kTen + kMinute, kTen, kTen + 3 * kMinute})}, query);
  CHECK(Summary(partly) == Rows{"10:02 \"FINAL\" 0 2", "10:03 \"FINAL\" 0 2"});
  CHECK(partly.queries[0].partly_late == 1);
  CHECK(partly.queries[0].aggregated == 3);
  CHECK(partly.late.empty());
}

TEST_CASE("with lateness an on-time row comes first, and a final one only if it changed") {
  BatchQuery query = Counting();
  query.lateness_ms = 2 * kMinute;
  const std::int64_t end = kTen + 10 * kMinute;
  const auto changed = Compute({Partition({kTen, kTen + kMinute, kTen + 1, end})}, query);
  CHECK(Summary(changed) ==
        Rows{"10:01 \"ON_TIME\" 0 1", "10:01 \"FINAL\" 1 2", "10:02 \"ON_TIME\" 0 1"});
  const auto late_only = Compute({Partition({kTen + kMinute, kTen, end})}, query);
  CHECK(Summary(late_only) == Rows{"10:01 \"FINAL\" 0 1", "10:02 \"ON_TIME\" 0 1"});
  const auto too_late = Compute({Partition({kTen + 3 * kMinute, kTen, end})}, query);
  CHECK(too_late.queries[0].late == 1);
}

TEST_CASE("a topic of final rows gets one row per key, changed or not") {
  BatchQuery query = Counting();
  query.lateness_ms = 2 * kMinute;
  query.revisions = Revisions::kFinal;
  const auto result =
      Compute({Partition({kTen, kTen + kMinute, kTen + 1, kTen + 10 * kMinute})}, query);
  CHECK(Summary(result) == Rows{"10:01 \"FINAL\" 1 2", "10:02 \"FINAL\" 0 1"});
}

TEST_CASE("an on-time row is published before its window is final") {
  BatchQuery query = Counting();
  query.lateness_ms = 2 * kMinute;
  const auto result = Compute({Partition({kTen, kTen + kMinute})}, query);
  CHECK(Summary(result) == Rows{"10:01 \"ON_TIME\" 0 1"});
}

TEST_CASE("a late event that fails WHERE is filtered, not late, and still moves time") {
  BatchQuery query = Counting();
  query.where = [](const Call& call) { return call.state != 0; };
  InputPartition partition = Partition({kTen + kMinute});
  Append(partition, CallSpec{.time_ms = kTen, .state = events::v1::CALL_STATE_UNSPECIFIED});
  Append(partition,
         CallSpec{.time_ms = kTen + 5 * kMinute, .state = events::v1::CALL_STATE_UNSPECIFIED});
  const auto result = Compute({partition}, query);
  CHECK(result.queries[0].filtered == 2);
  CHECK(result.queries[0].late == 0);
  CHECK(result.combined_watermark_ms == kTen + 5 * kMinute);
}

TEST_CASE("dead records are told apart, and only those with a valid time move it") {
  InputPartition partition = Partition({kTen});
  Append(partition, std::nullopt);
  Append(partition, std::string("\x0a\x7f"));
  Append(partition, CallSpec{.time_ms = 0});
  Append(partition, CallSpec{.time_ms = -1});
  Append(partition, CallSpec{.time_ms = 946'684'799'999});
  std::string broken = Bytes(CallSpec{.time_ms = kTen + kMinute});
  AppendMessage(events::v1::CallMetric::kSummaryFieldNumber, "\x0a\x7f", broken);
  const auto before = Compute({partition}, Counting());
  CHECK(before.combined_watermark_ms == kTen);
  Append(partition, broken);
  const auto result = Compute({partition}, Counting());
  CHECK(result.combined_watermark_ms == kTen + kMinute);
  CHECK(result.records == 7);
  CHECK(result.tombstones == 1);
  CHECK(result.dead_letter == 5);
  CHECK(result.events == 1);
  CHECK(result.dead_letters == std::vector<SideRecord>{{"in/0@2", "DECODE_FAILED", {}},
                                                       {"in/0@3", "INVALID_EVENT_TIME", {}},
                                                       {"in/0@4", "INVALID_EVENT_TIME", {}},
                                                       {"in/0@5", "INVALID_EVENT_TIME", {}},
                                                       {"in/0@6", "DECODE_FAILED", {}}});
}

TEST_CASE(
    "a clock ahead is quarantined beyond the skew, and moves time no further than the log's below "
    "it") {
  const TimeRules rules{.max_out_of_orderness_ms = 0, .max_future_skew_ms = kMinute};
  InputPartition partition = Partition({});
  Append(partition, Bytes(CallSpec{.time_ms = kTen + kMinute}), kTen);
  CHECK(ComputeBatch({partition}, rules, {Counting()}).combined_watermark_ms == kTen);
  Append(partition, Bytes(CallSpec{.time_ms = kTen + kMinute + 1}), kTen);
  const auto result = ComputeBatch({partition}, rules, {Counting()});
  CHECK(result.dead_letters == std::vector<SideRecord>{{"in/0@1", "FUTURE_TIMESTAMP", {}}});
  CHECK(result.combined_watermark_ms == kTen);
}

TEST_CASE("a record timestamp in seconds is no guard") {
  InputPartition partition = Partition({});
  Append(partition, Bytes(CallSpec{.time_ms = kTen}), kTen / 1'000);
  CHECK(Compute({partition}, Counting()).combined_watermark_ms == kTen);
}

TEST_CASE("a key above 4,096 bytes is filtered and named in the dead letters") {
  InputPartition partition = Partition({});
  Append(partition, CallSpec{.account = std::string(4'092, 'a')});
  Append(partition, CallSpec{.account = std::string(4'093, 'a')});
  const auto result = Compute({partition}, Counting());
  CHECK(result.queries[0].filtered == 1);
  CHECK(result.queries[0].aggregated == 1);
  CHECK(result.dead_letters == std::vector<SideRecord>{{"in/0@1", "KEY_TOO_LARGE", {"counting"}}});
}

// Six calls of one minute, and one that ends it.
InputPartition VoiceInput() {
  namespace pb = events::v1;
  InputPartition partition = Partition({});
  pb::CallMetric tagged = MakeMetric({.pdd_ms = 100, .connect_ms = 10'000});
  tagged.mutable_summary()->add_tags(pb::TAG_HIGH_PDD);
  tagged.mutable_summary()->add_tags(pb::TAG_LOW_MOS);
  Append(partition, Bytes(tagged));
  Append(partition, CallSpec{.pdd_ms = 300, .connect_ms = 5'500});
  Append(partition, CallSpec{.state = pb::CALL_STATE_FAIL, .sip = 503});
  Append(partition, CallSpec{.state = pb::CALL_STATE_UNSPECIFIED, .sip = 500});
  Append(partition, CallSpec{.carrier = "", .state = pb::CALL_STATE_BUSY, .sip = 486});
  pb::CallMetric no_summary = MakeMetric({});
  no_summary.mutable_progress();
  Append(partition, Bytes(no_summary));
  Append(partition, CallSpec{.time_ms = kTen + 30 * kMinute});
  return partition;
}

TEST_CASE("the voice queries compute what a hand computes") {
  const auto result = ComputeBatch({VoiceInput()}, TimeRules{}, VoiceQueries());
  const Fields& asr = result.queries.at(0).rows.at(0).fields;
  CHECK(asr.at("calls") == "5");
  CHECK(asr.at("asr") == "50");          // 2 of 4
  CHECK(asr.at("aloc_s") == "7.75");     // 15.5 s of 2
  CHECK(asr.at("pdd_p95_ms") == "300");  // clamped
  CHECK(asr.at("tags") == R"({"HIGH_PDD":1,"LOW_MOS":1})");
  CHECK(result.queries[0].filtered == 1);
  const Fields& carrier = result.queries.at(1).rows.at(0).fields;
  CHECK(carrier.at("calls") == "3");
  CHECK(carrier.at("asr") == "66.666667");
  CHECK(carrier.at("failed_percent") == "33.333333");
  CHECK(carrier.at("server_errors") == "1");
  CHECK(carrier.at("pdd_avg_ms") == "200");
  CHECK(carrier.at("to_country") == "\"US\"");
  CHECK(result.queries[1].rows.size() == 5);
  CHECK(result.queries[1].filtered == 3);
  const Fields& minutes = result.queries.at(2).rows.at(0).fields;
  CHECK(minutes.at("completed") == "2");
  CHECK(minutes.at("connected_ms") == "15500");
  CHECK(minutes.at("longest_ms") == "10000");
}

TEST_CASE("the voice queries of nothing measured are null, not zero") {
  InputPartition partition = Partition({});
  Append(partition, CallSpec{.state = events::v1::CALL_STATE_UNSPECIFIED});
  Append(partition, CallSpec{.time_ms = kTen + 30 * kMinute});
  const auto result = ComputeBatch({partition}, TimeRules{}, VoiceQueries());
  const Fields& asr = result.queries.at(0).rows.at(0).fields;
  CHECK(asr.at("calls") == "1");
  CHECK(asr.at("asr") == "null");
  CHECK(asr.at("aloc_s") == "null");
  CHECK(asr.at("pdd_p95_ms") == "null");
  CHECK(asr.at("tags") == "{}");
  CHECK(result.queries.at(1).rows.empty());
}

}  // namespace
}  // namespace tidemark::proof
