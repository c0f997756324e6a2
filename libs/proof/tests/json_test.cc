#include "proof/json.h"

#include <catch2/catch.hpp>

namespace tidemark::proof {
namespace {

TEST_CASE("quotients have at most six digits, half away from zero, and no trailing zeros") {
  CHECK(QuotientText(1, 3) == "0.333333");
  CHECK(QuotientText(2, 3) == "0.666667");
  CHECK(QuotientText(-2, 3) == "-0.666667");
  CHECK(QuotientText(1, 2'000'000) == "0.000001");
  CHECK(QuotientText(-1, 2'000'000) == "-0.000001");
  CHECK(QuotientText(-1, 3'000'000) == "0");
  CHECK(QuotientText(25, 2) == "12.5");
  CHECK(QuotientText(100, 1) == "100");
  CHECK(QuotientText(0, 7) == "0");
}

TEST_CASE("texts are escaped as little as JSON allows") {
  CHECK(StringText("plain \xc3\xbc /") == "\"plain \xc3\xbc /\"");
  CHECK(StringText("\"\\\b\f\n\r\t\x01\x1f\x7f") ==
        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
}

TEST_CASE("times are RFC 3339 and show milliseconds only if there are any") {
  CHECK(TimeText(1'764'064'800'000) == "\"2025-11-25T10:00:00Z\"");
  CHECK(TimeText(1'764'064'800'007) == "\"2025-11-25T10:00:00.007Z\"");
  CHECK(TimeText(951'782'400'000) == "\"2000-02-29T00:00:00Z\"");
}

TEST_CASE("numbers keep their text, members their names, whatever the order") {
  const auto fields = ParseFields(
      R"({"b":12.50,"a":170141183460469231731687303715884105727,"o":{"y":1,"x":null},"l":[1,"a"],"s":"\u00fc"})");
  REQUIRE(fields.has_value());
  CHECK(fields->at("b") == "12.50");
  CHECK(fields->at("a") == "170141183460469231731687303715884105727");
  CHECK(fields->at("o") == R"({"x":null,"y":1})");
  CHECK(fields->at("l") == R"([1,"a"])");
  CHECK(fields->at("s") == "\"\xc3\xbc\"");
}

TEST_CASE("what is no object, or names a member twice, is no row") {
  for (const char* text :
       {"", "1", "null", "[]", "{", R"({"a":1,"a":1})", R"({"a":1}x)", R"({"o":{"a":1,"a":2}})"}) {
    INFO(text);
    CHECK_FALSE(ParseFields(text).has_value());
  }
}

}  // namespace
}  // namespace tidemark::proof
