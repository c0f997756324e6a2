#include "query/refusals.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "aggregate/aggregate.h"
#include "base/text.h"
#include "query/tests/pipeline_text.h"

namespace tidemark {
namespace {

const Diagnostic* FindMessage(const PlanResult& result, std::string_view message) {
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.message == message) return &diagnostic;
  }
  return nullptr;
}

TEST_CASE(
    "every construct of the refusal table is refused by its own sentence, at a place inside the "
    "query") {
  constexpr std::uint32_t kFirstSqlLine = 7;
  for (const Refusal& refusal : Refusals()) {
    const PlanResult result = PlanSql(refusal.example);
    INFO(refusal.key << ": " << refusal.example << "\n" << Messages(result));
    CHECK_FALSE(result.ok());
    const Diagnostic* found = FindMessage(result, refusal.message);
    REQUIRE(found != nullptr);
    CHECK(found->line == kFirstSqlLine);
    CHECK(found->column > 6);
    CHECK(found->column - 7 + found->length <= refusal.example.size());
    CHECK(found->suggestion == refusal.suggestion);
  }
}

TEST_CASE("a refused construct brings no second error of its own") {
  for (const Refusal& refusal : Refusals()) {
    if (refusal.key.starts_with("foreign/") || refusal.key.starts_with("clause/")) continue;
    const PlanResult result = PlanSql(refusal.example);
    INFO(refusal.key << ": " << refusal.example << "\n" << Messages(result));
    CHECK(result.diagnostics.size() == 1);
  }
}

TEST_CASE("each refusal is one sentence with one suggestion under a key of its own") {
  std::set<std::string_view> keys;
  for (const Refusal& refusal : Refusals()) {
    INFO(refusal.key);
    CHECK(keys.insert(refusal.key).second);
    CHECK_FALSE(refusal.message.empty());
    CHECK_FALSE(refusal.message.ends_with('.'));
    CHECK_FALSE(refusal.suggestion.empty());
  }
}

TEST_CASE(
    "every aggregate that is known but not there yet is refused by name, and none that is there") {
  for (const std::string_view name : NotYetAggregates()) {
    INFO(name);
    const Refusal* refusal = FindRefusal(StrCat("function/", name));
    REQUIRE(refusal != nullptr);
    CHECK(refusal->message == StrCat(name, " is not supported yet"));
  }
  for (const AggregateFunction& function : Aggregates()) {
    INFO(function.info.name);
    CHECK(FindRefusal(StrCat("function/", function.info.name)) == nullptr);
  }
}

TEST_CASE("a refused function in any place is refused once") {
  for (const std::string_view sql :
       {"SELECT count(*) FROM calls WHERE lower(account_sid) = 'a' GROUP BY tumble('5m')",
        "SELECT lower(account_sid) FROM calls GROUP BY tumble('5m')",
        "SELECT count(*) FROM calls GROUP BY tumble('5m'), lower(account_sid)"}) {
    const PlanResult result = PlanSql(sql);
    INFO(sql << "\n" << Messages(result));
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].message == "the function lower is not supported yet");
  }
}

struct RefusedKey {
  std::string_view text;
  std::string_view message;
};

TEST_CASE("keys of the file that are not there yet are refused by name") {
  const std::string query =
      "  - {name: q, sql: \"SELECT count(*) FROM calls GROUP BY tumble('5m')\", sinks: [{topic: r";
  const auto file = [&](std::string_view source, std::string_view sink, std::string_view more) {
    return StrCat(
        "version: 1\npipeline: voice\nsource: {name: calls, topics: [t], event_time: event_time_ms",
        source, "}\nqueries:\n", query, sink, "}]}\n", more);
  };
  REQUIRE(PlanText(file("", "", "")).ok());
  const std::pair<std::string, std::string_view> kCases[] = {
      {file(", format: json", "", ""), "source.format: json is not supported yet"},
      {file(", validate: full", "", ""), "source.validate is not supported yet"},
      {file(", pii: [account_sid]", "", ""), "source.pii is not supported yet"},
      {file("", ", format: protobuf", ""), "protobuf sinks are not supported yet"},
      {file("", "", "views: [{name: v, sql: x}]\n"), "views is not supported yet"},
      {file("", "", "functions: [{name: f}]\n"), "functions is not supported yet"},
      {StrCat("version: 1\npipeline: voice\nsource: {name: calls, topics: [t], event_time: {field: "
              "call_sid, as: rfc3339}}\nqueries:\n",
              query, "}]}\n"),
       "event times as rfc3339 text are not supported yet"},
  };
  for (const auto& [text, message] : kCases) {
    const PlanResult result = PlanText(text);
    INFO(text << "\n" << Messages(result));
    const Diagnostic* found = FindMessage(result, message);
    REQUIRE(found != nullptr);
    CHECK(found->code == "NOT_SUPPORTED_YET");
  }
}

TEST_CASE("empty lists of what is not there yet do no harm") {
  CHECK(PlanSql("SELECT count(*) FROM calls GROUP BY tumble('5m')", "views: []\nfunctions: []\n")
            .ok());
}

}  // namespace
}  // namespace tidemark
