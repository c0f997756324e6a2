#include "proof/report.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "proof/tests/call_builder.h"

namespace tidemark::proof {
namespace {

// Three accounts over three minutes, one late call, one dead letter.
BatchResult SomeBatch() {
  InputPartition partition{.topic = "in", .partition = 0, .records = {}, .control = {}};
  for (int i = 0; i < 9; ++i) {
    Append(partition, CallSpec{.time_ms = kTen + i * 20'000,
                               .account = "AC" + std::to_string(i % 3),
                               .connect_ms = 1});
  }
  Append(partition, CallSpec{.time_ms = kTen + 3'600'000});
  Append(partition, CallSpec{.time_ms = kTen});
  Append(partition, CallSpec{.time_ms = 0});
  return ComputeBatch({partition}, TimeRules{}, VoiceQueries());
}

// What a run without fault publishes.
Published Faithful(const BatchResult& batch) {
  Published published;
  for (const QueryBatch& query : batch.queries) {
    for (const ExpectedRow& row : query.rows) {
      published.rows[query.topic].push_back({.key = row.key, .value = ObjectText(row.fields)});
    }
  }
  published.late = batch.late;
  published.dead_letters = batch.dead_letters;
  return published;
}

std::vector<std::uint64_t> Counts(const Comparison& comparison) {
  return {comparison.missing, comparison.extra, comparison.twice, comparison.unequal};
}
using Differences = std::vector<std::uint64_t>;

void Replace(std::string& text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(), to);
}

bool Says(const Report& report, const std::string& part) {
  const std::vector<std::string> sentences = report.Sentences();
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST_CASE("a run without fault is balanced, in any order") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  REQUIRE(published.rows.at("asr-1m").size() == 9);
  REQUIRE(published.rows.size() == 3);
  REQUIRE(published.late.size() == 1);
  for (auto& [topic, rows] : published.rows) std::reverse(rows.begin(), rows.end());
  const Report report = Compare(batch, published);
  CHECK(report.IsBalanced());
  CHECK(report.Sentences() ==
        std::vector<std::string>{
            "12 records = 11 events + 1 dead letters + 0 tombstones",
            "asr_by_account_country: 11 events = 10 in results + 0 filtered + 1 late",
            "carrier_health: 11 events = 10 in results + 0 filtered + 1 late",
            "minutes_by_account: 11 events = 10 in results + 0 filtered + 1 late",
            "asr-1m (asr_by_account_country): all 9 records are there exactly once and equal",
            "carrier-health (carrier_health): all 7 records are there exactly once and equal",
            "account-minutes (minutes_by_account): all 3 records are there exactly once and equal",
            "late records: all 1 records are there exactly once and equal",
            "dead letters: all 1 records are there exactly once and equal"});
}

TEST_CASE("a dropped row is missing") {
  const BatchResult batch = SomeBatch();
  for (const char* topic : {"asr-1m", "carrier-health", "account-minutes"}) {
    Published published = Faithful(batch);
    const std::string key = published.rows[topic].back().key;
    published.rows[topic].pop_back();
    const Report report = Compare(batch, published);
    CHECK_FALSE(report.IsBalanced());
    CHECK(Says(report, "missing: " + key));
  }
}

TEST_CASE("a doubled row is there twice, even if it is equal") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  published.rows["asr-1m"].push_back(published.rows["asr-1m"][0]);
  const Report report = Compare(batch, published);
  CHECK_FALSE(report.IsBalanced());
  CHECK(Counts(report.comparisons[0]) == Differences{0, 0, 1, 0});
}

TEST_CASE("an altered field is unequal and spelled out") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  Replace(*published.rows["asr-1m"][0].value, R"("calls":1)", R"("calls":2)");
  Report report = Compare(batch, published);
  CHECK_FALSE(report.IsBalanced());
  CHECK(Counts(report.comparisons[0]) == Differences{0, 0, 0, 1});
  CHECK(Says(report, "calls: 2, not 1"));
  published = Faithful(batch);
  Replace(*published.rows["asr-1m"][0].value, R"("asr":100,)", "");
  report = Compare(batch, published);
  CHECK(Counts(report.comparisons[0]) == Differences{0, 0, 0, 1});
  CHECK(Says(report, "asr: absent, not 100"));
}

TEST_CASE("a number written otherwise is unequal") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  Replace(*published.rows["asr-1m"][0].value, R"("asr":100,)", R"("asr":100.0,)");
  CHECK(Counts(Compare(batch, published).comparisons[0]) == Differences{0, 0, 0, 1});
}

TEST_CASE("a row of another key is extra, and its own one missing") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  Replace(published.rows["asr-1m"][0].key, "AC", "AX");
  CHECK(Counts(Compare(batch, published).comparisons[0]) == Differences{1, 1, 0, 0});
}

TEST_CASE("a row of another revision is extra, and its own one missing") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  Replace(*published.rows["asr-1m"][0].value, R"("revision":0)", R"("revision":1)");
  CHECK(Counts(Compare(batch, published).comparisons[0]) == Differences{1, 1, 0, 0});
}

TEST_CASE("tombstones and values that are no rows are extra") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  published.rows["asr-1m"].push_back({.key = "{}", .value = std::nullopt});
  published.rows["asr-1m"].push_back({.key = "{}", .value = "no row"});
  published.rows["asr-1m"].push_back({.key = "{}", .value = "{}"});
  CHECK(Counts(Compare(batch, published).comparisons[0]) == Differences{0, 3, 0, 0});
}

TEST_CASE("late records are compared by source and queries") {
  const BatchResult batch = SomeBatch();
  const Published faithful = Faithful(batch);
  const auto counts = [&](const std::vector<SideRecord>& late) {
    Published published = faithful;
    published.late = late;
    const Report report = Compare(batch, published);
    CHECK_FALSE(report.IsBalanced());
    return Counts(report.comparisons[3]);
  };
  const SideRecord late = faithful.late.at(0);
  CHECK(counts({}) == Differences{1, 0, 0, 0});
  CHECK(counts({late, late}) == Differences{0, 0, 1, 0});
  CHECK(counts({late, {"in/0@0", "LATE", {}}}) == Differences{0, 1, 0, 0});
  SideRecord fewer = late;
  fewer.queries.pop_back();
  CHECK(counts({fewer}) == Differences{0, 0, 0, 1});
}

TEST_CASE("dead letters are compared by source and reason") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  published.dead_letters.at(0).reason = "DECODE_FAILED";
  const Report report = Compare(batch, published);
  CHECK_FALSE(report.IsBalanced());
  CHECK(Counts(report.comparisons[4]) == Differences{1, 1, 0, 0});
}

TEST_CASE("only the first few differences are spelled out") {
  const BatchResult batch = SomeBatch();
  Published published = Faithful(batch);
  published.rows.clear();
  const Report report = Compare(batch, published);
  CHECK(report.comparisons[0].missing == 9);
  CHECK(report.comparisons[0].examples.size() == 5);
}

}  // namespace
}  // namespace tidemark::proof
