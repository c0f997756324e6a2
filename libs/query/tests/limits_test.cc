// Hostile and oversized files end in a diagnostic, never in a crash.
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "query/tests/pipeline_text.h"

namespace tidemark {
namespace {

std::string Repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string CodeOf(std::string_view sql) {
  const PlanResult result = PlanSql(sql);
  REQUIRE_FALSE(result.ok());
  return result.diagnostics.at(0).code;
}

std::string Condition(std::string_view condition) {
  return StrCat("SELECT count(*) FROM calls WHERE ", condition, " GROUP BY tumble('5m')");
}

TEST_CASE("SQL above 64 KiB is refused before it is parsed") {
  CHECK(CodeOf(Condition(StrCat("account_sid = '", std::string(65'536, 'a'), "'"))) ==
        "SQL_TOO_LONG");
}

TEST_CASE("nesting above 200 levels is refused before it is parsed, whatever makes it") {
  CHECK(CodeOf(Condition(StrCat(Repeat("(", 30'000), "true", Repeat(")", 30'000)))) ==
        "SQL_TOO_DEEP");
  CHECK(CodeOf(Condition(Repeat("NOT ", 15'000) + "true")) == "SQL_TOO_DEEP");
  CHECK(CodeOf(Condition(StrCat("1", Repeat("+1", 30'000), " > 0"))) == "SQL_TOO_DEEP");
  CHECK(CodeOf(Condition(StrCat("1", Repeat("@@1", 20'000)))) == "SQL_TOO_DEEP");
  CHECK(CodeOf(Condition(StrCat("true", Repeat(" IS TRUE", 8'000)))) == "SQL_TOO_DEEP");
  CHECK(CodeOf(Repeat("SELECT 1 UNION ", 4'000) + "SELECT 1") == "SQL_TOO_DEEP");
  CHECK(CodeOf(Condition(StrCat(Repeat("CASE WHEN ", 5'000), "true"))) == "SQL_TOO_DEEP");
}

TEST_CASE("long lists and wide conditions are not deep") {
  CHECK(PlanSql(Condition(StrCat("account_sid IN ('a'", Repeat(", 'b'", 5'000), ")"))).ok());
  CHECK(
      PlanSql(Condition(StrCat("account_sid = 'a'", Repeat(" OR account_sid = 'b'", 1'000)))).ok());
  CHECK(PlanSql(Condition(StrCat(Repeat("(", 150), "true", Repeat(")", 150)))).ok());
}

TEST_CASE("files that are no text, no YAML or too large are refused") {
  CHECK(PlanText("").diagnostics.size() > 0);
  CHECK(PlanText(std::string("a: \0", 4)).diagnostics.at(0).code == "NOT_TEXT");
  CHECK(PlanText("a: \xff").diagnostics.at(0).code == "NOT_TEXT");
  CHECK(PlanText(std::string((1U << 20U) + 1, '#')).diagnostics.at(0).code == "FILE_TOO_LARGE");
  CHECK(PlanText("a: [1\nb: 2").diagnostics.at(0).code == "YAML_SYNTAX");
  CHECK(PlanText("- 1\n- 2").diagnostics.size() > 0);
  CHECK(PlanText("just a text").diagnostics.size() > 0);
}

TEST_CASE("aliases that multiply are refused") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    text +=
        StrCat("a", i, ": &a", i, " [", Repeat(StrCat("*a", i - 1, ", "), 9), "*a", i - 1, "]\n");
  }
  CHECK(PlanText(text).diagnostics.at(0).code == "FILE_TOO_LARGE");
}

TEST_CASE("deeply nested YAML is refused") {
  CHECK(PlanText(StrCat("a: ", Repeat("[", 100), Repeat("]", 100))).diagnostics.at(0).code ==
        "FILE_TOO_LARGE");
  CHECK_FALSE(PlanText(StrCat("a: ", Repeat("[", 100'000))).ok());
}

TEST_CASE("however a query is torn, the answer is a plan or diagnostics that point into the file") {
  const std::vector<std::string> words = {"SELECT",   "count",
                                          "(",        ")",
                                          "*",        ",",
                                          "FROM",     "calls",
                                          "WHERE",    "GROUP",
                                          "BY",       "tumble",
                                          "'5m'",     "account_sid",
                                          "summary",  ".",
                                          "state",    "=",
                                          "'BUSY'",   "AND",
                                          "NOT",      "IS",
                                          "NULL",     "IN",
                                          "1",        "-",
                                          "FILTER",   "hop",
                                          "size",     "=>",
                                          "interval", "AS",
                                          "sum",      "percentile",
                                          "0.95",     "\n",
                                          "é",        "\"",
                                          "'",        "--",
                                          "/*",       ";",
                                          "$1",       "HAVING",
                                          "x",        "EMIT CHANGES",
                                          "OR",       "CASE",
                                          "[",        "]",
                                          "::",       "null",
                                          "true"};
  CHECK(rc::check([&] {
    const auto picks = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, words.size()));
    std::string sql;
    for (const std::size_t pick : picks) sql += words[pick] + " ";
    const std::string text = PipelineOf(sql);
    const PlanResult result = PlanText(text);
    RC_ASSERT(result.ok() == result.diagnostics.empty());
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
    for (const Diagnostic& diagnostic : result.diagnostics) {
      RC_ASSERT(diagnostic.line >= 1 && diagnostic.line <= lines + 1);
      RC_ASSERT(diagnostic.column >= 1 && diagnostic.length >= 1);
      RC_ASSERT(!diagnostic.message.empty());
    }
  }));
}

TEST_CASE("a file cut anywhere is a plan or diagnostics") {
  const std::string text = PipelineOf(
      "SELECT account_sid, count(*) AS n FROM calls WHERE summary.state = 'BUSY' GROUP BY "
      "tumble('5m'), account_sid");
  REQUIRE(PlanText(text).ok());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const PlanResult result = PlanText(text.substr(0, size));
    CHECK(result.ok() == result.diagnostics.empty());
  }
}

}  // namespace
}  // namespace tidemark
