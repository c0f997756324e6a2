// What a query is bound to: names, literals, conditions, states, windows.
#include <catch2/catch.hpp>

#include "base/text.h"
#include "query/tests/pipeline_text.h"

namespace tidemark {
namespace {

// The only query of a plan that must be right.
struct Planned {
  PlanResult result;
  const QueryPlan& query() const { return result.plan->queries.at(0); }
  std::string Field(std::size_t column) const { return result.plan->decode.fields.at(column).name; }
};

Planned Plan(std::string_view sql) {
  Planned planned{PlanSql(sql)};
  INFO(sql << "\n" << Messages(planned.result));
  REQUIRE(planned.result.ok());
  return planned;
}

Planned PlanWhere(std::string_view condition) {
  return Plan(StrCat("SELECT count(*) FROM calls WHERE ", condition, " GROUP BY tumble('5m')"));
}

// The canonical text of a WHERE, in which column 0 is the first field it names.
std::string Where(std::string_view condition) {
  return PlanWhere(condition).query().where->ToString();
}

// The only message of a query that must be wrong.
std::string Error(std::string_view sql) {
  const PlanResult result = PlanSql(sql);
  INFO(sql << "\n" << Messages(result));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK_FALSE(result.ok());
  return result.diagnostics[0].message;
}

std::string ErrorWhere(std::string_view condition) {
  return Error(StrCat("SELECT count(*) FROM calls WHERE ", condition, " GROUP BY tumble('5m')"));
}

std::string Window(std::string_view call) {
  return Plan(StrCat("SELECT count(*) FROM calls GROUP BY ", call)).query().window.ToString();
}

std::string ErrorWindow(std::string_view call) {
  return Error(StrCat("SELECT count(*) FROM calls GROUP BY ", call));
}

TEST_CASE("two spellings of one computation share a state") {
  const Planned planned = Plan(
      "SELECT count(*) AS a, count(*) AS b, sum(Summary.PDD_MS) AS c, avg(summary.pdd_ms) AS d,\n"
      "       percentile(summary.pdd_ms, 0.5) AS e, percentile(calls.summary.pdd_ms, 0.95) AS f,\n"
      "       count(*) FILTER (WHERE account_sid = 'x') AS g, count(*) FILTER (WHERE (ACCOUNT_SID "
      "= 'x')) AS h\n"
      "FROM calls GROUP BY tumble('5m')");
  const auto& outputs = planned.query().outputs;
  CHECK(outputs[0].index == 0);
  CHECK(outputs[1].index == 0);
  CHECK(outputs[2].index == outputs[3].index);
  CHECK(outputs[4].index == outputs[5].index);
  CHECK(outputs[6].index == outputs[7].index);
  CHECK(planned.query().states.size() == 4);
  CHECK(planned.result.plan->decode.fields.size() == 2);
}

TEST_CASE("computations that differ in argument or filter share no state") {
  const Planned planned = Plan(
      "SELECT sum(summary.pdd_ms) AS a, sum(summary.ring_ms) AS b, sum(summary.pdd_ms) FILTER "
      "(WHERE account_sid = 'x') AS c,\n"
      "       sum(summary.pdd_ms) FILTER (WHERE account_sid = 'y') AS d FROM calls GROUP BY "
      "tumble('5m')");
  CHECK(planned.query().states.size() == 5);
}

TEST_CASE("the event count is state 0 even if nobody selects it") {
  const Planned planned = Plan("SELECT sum(summary.pdd_ms) AS a FROM calls GROUP BY tumble('5m')");
  const StateColumn& first = planned.query().states[0];
  CHECK(first.state.function->name == "count");
  CHECK(first.arguments.empty());
  CHECK(first.filter == nullptr);
  CHECK(planned.query().outputs[0].index == 1);
}

TEST_CASE("fields are read once for all queries") {
  const PlanResult result =
      PlanText(StrCat(kHead,
                      "  - {name: a, sql: \"SELECT account_sid, count(*) FROM calls GROUP BY "
                      "tumble('5m'), account_sid\", sinks: [{topic: a}]}\n",
                      "  - {name: b, sql: \"SELECT count(account_sid) FROM calls GROUP BY "
                      "tumble('1m')\", sinks: [{topic: b}]}\n"));
  INFO(Messages(result));
  REQUIRE(result.ok());
  CHECK(result.plan->decode.fields.size() == 1);
  CHECK(result.plan->queries[0].instance == InstanceId(1));
  CHECK(result.plan->queries[1].instance == InstanceId(2));
}

TEST_CASE("percentiles get their share as an exact decimal") {
  const Planned planned =
      Plan("SELECT percentile(summary.pdd_ms, 0.95) AS p FROM calls GROUP BY tumble('5m')");
  const OutputColumn& output = planned.query().outputs[0];
  REQUIRE(output.literals.size() == 1);
  CHECK(output.literals[0] == Value{Decimal{95, 2}});
}

TEST_CASE("a later column may use an earlier alias, and an input field of that name wins") {
  const Planned planned = Plan(
      "SELECT dims.to_country AS country, summary.state AS call_sid, count(country) AS n, "
      "count(call_sid) AS m\n"
      "FROM calls GROUP BY tumble('5m'), country, summary.state");
  const auto& states = planned.query().states;
  CHECK(planned.Field(states[1].arguments[0]->column) == "dims.to_country");
  CHECK(planned.Field(states[2].arguments[0]->column) == "call_sid");
}

TEST_CASE("an alias cannot be used before it is given, nor in WHERE") {
  CHECK(Error("SELECT count(country) AS n, dims.to_country AS country FROM calls GROUP BY "
              "tumble('5m'), country") == "there is no field \"country\"");
  CHECK(Error("SELECT dims.to_country AS country FROM calls WHERE country = 'DE' GROUP BY "
              "tumble('5m'), country") == "there is no field \"country\"");
}

TEST_CASE("columns take their names from AS, else the last part of the field, else the function") {
  const Planned planned = Plan(
      "SELECT dims.to_country, count(*), sum(summary.pdd_ms) AS total FROM calls GROUP BY "
      "tumble('5m'), dims.to_country");
  CHECK(planned.query().outputs[0].name == "to_country");
  CHECK(planned.query().outputs[1].name == "count");
  CHECK(planned.query().outputs[2].name == "total");
  CHECK(planned.query().group[0].name == "to_country");
}

TEST_CASE("group columns may be named by their place in SELECT") {
  CHECK(Plan("SELECT dims.to_country AS c, count(*) FROM calls GROUP BY tumble('5m'), 1")
            .query()
            .group.size() == 1);
  CHECK(Error("SELECT dims.to_country AS c, count(*) FROM calls GROUP BY tumble('5m'), c, 2") ==
        "column 2 of SELECT is no field to group by");
}

TEST_CASE("a group column that is named twice is one") {
  CHECK(
      Plan(
          "SELECT account_sid, count(*) FROM calls GROUP BY tumble('5m'), account_sid, ACCOUNT_SID")
          .query()
          .group.size() == 1);
}

TEST_CASE("grouping rules are checked") {
  CHECK(Error("SELECT account_sid, count(*) FROM calls GROUP BY tumble('5m')") ==
        "account_sid is neither a group column nor inside an aggregate");
  CHECK(Error("SELECT count(*) FROM calls GROUP BY tumble('5m'), account_sid") ==
        "the group column account_sid is not selected");
  CHECK(Error("SELECT count(*) FROM calls GROUP BY tumble('5m'), summary.tags") ==
        "grouping by an array is refused");
  CHECK(Error("SELECT count(*), count(*) FROM calls GROUP BY tumble('5m')") ==
        "there is already a column named count");
  CHECK(Error("SELECT count(*) AS revision FROM calls GROUP BY tumble('5m')") ==
        "the name revision is reserved for the result row itself");
  CHECK(Error("SELECT window_start, count(*) FROM calls GROUP BY tumble('5m')") ==
        "window_start is in every result row already");
  CHECK(Error("SELECT * FROM calls GROUP BY tumble('5m')") ==
        "SELECT * is refused: each column is a group column or an aggregate");
}

TEST_CASE("a query without window is refused") {
  CHECK(Error("SELECT count(*) FROM calls") ==
        "GROUP BY has no window: without one a result would never be finished");
  CHECK(Error("SELECT account_sid, count(*) FROM calls GROUP BY account_sid") ==
        "GROUP BY has no window: without one a result would never be finished");
  CHECK(Error("SELECT count(*) FROM calls GROUP BY tumble('5m'), tumble('1m')") ==
        "GROUP BY has two windows");
}

TEST_CASE("a query without columns and calls without arguments are refused") {
  CHECK(Error("SELECT FROM calls GROUP BY tumble('5m')") == "SELECT has no columns");
  CHECK(Error("SELECT count() FROM calls GROUP BY tumble('5m')") == "count needs what it counts");
  CHECK(Error("SELECT sum(*) FROM calls GROUP BY tumble('5m')") == "* cannot stand here");
  CHECK(Error("SELECT tumble('5m') FROM calls GROUP BY tumble('5m')") ==
        "tumble(...) makes windows, which stand in GROUP BY");
}

TEST_CASE("windows are read in every spelling") {
  CHECK(Window("tumble('5m')") == "tumble('5m')");
  CHECK(Window("TUMBLE(size => '90s')") == "tumble('1m30s')");
  CHECK(Window("tumble(interval '5 minutes')") == "tumble('5m')");
  CHECK(Window("tumble(INTERVAL '5' MINUTE)") == "tumble('5m')");
  CHECK(Window("tumble('1h', starting_at => '06:15')") == "tumble('1h', starting_at => '00:15')");
  CHECK(Window("hop(slide => '1m', size => '5m')") == "hop(size => '5m', slide => '1m')");
  CHECK(Window("hop(size => interval '1 hour 30 minutes', slide => '15m')") ==
        "hop(size => '1h30m', slide => '15m')");
}

TEST_CASE("windows that cannot be are refused") {
  CHECK(ErrorWindow("tumble('5 minutes')") == "'5 minutes' is not a duration");
  CHECK(ErrorWindow("tumble(5)") == "'5' is not a duration");
  CHECK(ErrorWindow("tumble()") == "tumble needs its size");
  CHECK(ErrorWindow("tumble('5m', '1m')") ==
        "tumble takes one duration and starting_at => '06:00'");
  CHECK(ErrorWindow("tumble('5m', starting_at => '25:00')") == "'25:00' is not a time of day");
  CHECK(ErrorWindow("hop(size => '5m')") == "hop needs size and slide");
  CHECK(ErrorWindow("hop('5m', '1m')") ==
        "the two durations of hop must be named, because their order differs between systems");
  CHECK(ErrorWindow("hop(size => '5m', step => '1m')") == "hop has no argument step");
  CHECK(ErrorWindow("tumble('3h')") ==
        "a window of 3h is more than 2h; longer windows need state images, which are not supported "
        "yet");
  CHECK(ErrorWindow("hop(size => '2h', slide => '30s')").find("at most 128 are possible") !=
        std::string::npos);
}

TEST_CASE("positional durations show both readings") {
  const PlanResult result = PlanSql("SELECT count(*) FROM calls GROUP BY hop('5m', '1m')");
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].suggestion ==
        "write hop(size => '5m', slide => '1m') or hop(size => '1m', slide => '5m')");
}

TEST_CASE("size and lateness together are bounded") {
  const auto text = [](std::string_view lateness) {
    return StrCat(kHead,
                  "  - name: q\n    sql: SELECT count(*) FROM calls GROUP BY tumble('1h')\n    "
                  "sink: {topic: r}\n    allowed_lateness: ",
                  lateness, "\n");
  };
  CHECK(PlanText(text("1h")).ok());
  const PlanResult result = PlanText(text("61m"));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].line == 8);
  CHECK(result.diagnostics[0].message ==
        "a window of 1h with 1h1m of allowed lateness is more than 2h; longer windows need state "
        "images, which are not supported yet");
}

TEST_CASE("literals take the type of the column beside them") {
  CHECK(Where("summary.state = 'COMPLETED'") == "(#0 = 3)");
  CHECK(Where("summary.state = 'CALL_STATE_COMPLETED'") == "(#0 = 3)");
  CHECK(Where("'BUSY' <> summary.state") == "(4 <> #0)");
  CHECK(Where("summary.state = 'UNKNOWN(17)'") == "(#0 = 17)");
  CHECK(Where("summary.state NOT IN ('BUSY', 'FAIL')") == "(NOT (#0 IN (4, 5)))");
  CHECK(Where("summary.pdd_ms > 1.50") == "(#0 > 150e-2)");
  CHECK(Where("account_sid = 'it''s'") == "(#0 = 'it''s')");
  CHECK(Where("sample.silence = TRUE") == "(#0 = TRUE)");
  CHECK(Where("sample.silence") == "#0");
  CHECK(Where("summary.pdd_ms IN (1, NULL)") == "(#0 IN (1, NULL))");
}

TEST_CASE("numbers keep their sign and every digit") {
  CHECK(Where("event_time_ms > 0") == "(#0 > 0)");
  CHECK(Where("event_time_ms > -7") == "(#0 > -7)");
  CHECK(Where("event_time_ms > - (5)") == "(#0 > -5)");
  CHECK(Where("event_time_ms > - -3") == "(#0 > 3)");
  CHECK(Where("event_time_ms > 1e3") == "(#0 > 1000)");
  CHECK(Where("event_time_ms > -1.5e-3") == "(#0 > -15e-4)");
  CHECK(Where("event_time_ms < 99999999999999999999") == "(#0 < 99999999999999999999e-0)");
  CHECK(ErrorWhere(StrCat("event_time_ms < ", std::string(39, '9'))) ==
        StrCat("the number ", std::string(39, '9'), " has more than 38 digits"));
}

TEST_CASE("conditions nest in three-valued logic") {
  CHECK(Where("account_sid = 'a' AND NOT (call_sid = 'b' OR event_id IS NULL)") ==
        "((#0 = 'a') AND (NOT ((#1 = 'b') OR (#2 IS NULL))))");
  CHECK(Where("summary.pdd_ms IS NOT NULL") == "(#0 IS NOT NULL)");
}

TEST_CASE("the presence of a whole message can be tested") {
  const Planned planned = PlanWhere("summary IS NOT NULL");
  CHECK(planned.query().where->ToString() == "(#0 IS NOT NULL)");
  CHECK(planned.Field(0) == "summary");
}

TEST_CASE("conditions between types that do not fit are refused") {
  CHECK(ErrorWhere("account_sid = 5") == "a number cannot be compared with a value of type string");
  CHECK(ErrorWhere("summary.pdd_ms = 'x'") ==
        "a text cannot be compared with a value of type integer");
  CHECK(ErrorWhere("account_sid = summary.pdd_ms") ==
        "a value of type string cannot be compared with one of type integer");
  CHECK(ErrorWhere("summary.state = dims.edge") ==
        "a value of type enum CallState cannot be compared with one of type enum Edge");
  CHECK(ErrorWhere("summary.state > 'BUSY'") == "the values of an enum have no order");
  CHECK(ErrorWhere("summary.state = 'UNSPECIFIED'") ==
        "'UNSPECIFIED' is NULL here and equals nothing");
  CHECK(ErrorWhere("summary.tags = 'SILENCE'") ==
        "a text cannot be compared with a value of type array of enum Tag");
  CHECK(ErrorWhere("summary.tags IS NULL") == "an array is never NULL");
  CHECK(ErrorWhere("account_sid") == "a condition must stand here, not a value of type string");
  CHECK(ErrorWhere("account_sid = 'a' AND call_sid") ==
        "a condition must stand here, not a value of type string");
  CHECK(ErrorWhere("account_sid IN ('a', call_sid)") ==
        "IN with anything but literals is not supported yet");
  CHECK(ErrorWhere("count(*) > 3") == "count(...) cannot stand inside a condition or an aggregate");
}

TEST_CASE("the source is named as in the file, and may be renamed") {
  CHECK(Error("SELECT count(*) FROM events GROUP BY tumble('5m')") ==
        "there is no source \"events\"");
  CHECK(Plan("SELECT c.account_sid, count(*) FROM calls AS c GROUP BY tumble('5m'), c.account_sid")
            .Field(0) == "account_sid");
}

TEST_CASE("identifiers that fit no field bring the nearest") {
  const PlanResult result =
      PlanSql("SELECT sum(to_country) FROM calls WHERE acount_sid = 'a' GROUP BY tumble('5m')");
  REQUIRE(result.diagnostics.size() == 2);
  CHECK(result.diagnostics[0].suggestion == "did you mean dims.to_country?");
  CHECK(result.diagnostics[1].suggestion == "did you mean account_sid?");
}

TEST_CASE("all errors of all queries are shown at once, in the order of the file") {
  const PlanResult result =
      PlanText(StrCat(kHead,
                      "  - name: a\n    sql: |\n      SELECT nope(x), sum(account_sid) FROM "
                      "calls\n      HAVING count(*) > 1\n    sink: {topic: a}\n",
                      "  - name: b\n    sql: |\n      SELEC 1\n    sink: {topic: a}\n"));
  INFO(Messages(result));
  CHECK(result.diagnostics.size() == 6);
  for (std::size_t i = 1; i < result.diagnostics.size(); ++i) {
    CHECK(result.diagnostics[i - 1].line <= result.diagnostics[i].line);
  }
}

}  // namespace
}  // namespace tidemark
