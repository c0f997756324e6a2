#include "model/value.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

std::string Json(const Value& value) {
  std::string out;
  AppendJson(value, out);
  return out;
}

TEST_CASE("decimals print at most six digits, half away from zero, without trailing zeros") {
  CHECK(Decimal{1200, 2}.ToString() == "12");
  CHECK(Decimal{125, 1}.ToString() == "12.5");
  CHECK(Decimal{-5, 7}.ToString() == "-0.000001");
  CHECK(Decimal{4, 7}.ToString() == "0");
  CHECK(Decimal{-33333333, 8}.ToString() == "-0.333333");
  CHECK(Decimal{-5, 1}.ToString() == "-0.5");
  CHECK(Decimal{-1005, 3}.ToString() == "-1.005");
  CHECK(Decimal{0, 18}.ToString() == "0");
  CHECK(Decimal{kInt128Min, 0}.ToString() == "-170141183460469231731687303715884105728");
  CHECK(Decimal{kInt128Min, 3}.ToString() == "-170141183460469231731687303715884105.728");
}

TEST_CASE("division keeps 18 digits and rounds half away from zero") {
  CHECK(Divide({2, 0}, {3, 0})->unscaled == 666'666'666'666'666'667LL);
  CHECK(Divide({-2, 0}, {3, 0})->unscaled == -666'666'666'666'666'667LL);
  CHECK(Divide({25, 1}, {5, 1})->ToString() == "5");
  CHECK_FALSE(Divide({1, 0}, {0, 0}));
  CHECK_FALSE(Divide({kInt128Max, 0}, {1, 0}));
  CHECK(Divide({kInt128Max, 0}, {kInt128Max, 0})->ToString() == "1");
  CHECK(Divide({kInt128Min, 0}, {kInt128Max, 0})->ToString() == "-1");
}

TEST_CASE("division agrees with 128-bit arithmetic where that is exact") {
  CHECK(rc::check([](std::int64_t a, std::int64_t b) {
    RC_PRE(b != 0);
    const Int128 scaled = static_cast<Int128>(a) * 1'000'000'000'000'000'000LL;
    const Int128 twice = 2 * (scaled % b);
    Int128 expected = scaled / b;
    const Int128 magnitude = twice < 0 ? -twice : twice;
    if (magnitude >= (b < 0 ? -static_cast<Int128>(b) : b)) expected += (a < 0) != (b < 0) ? -1 : 1;
    RC_ASSERT(Divide({a, 0}, {b, 0})->unscaled == expected);
  }));
}

TEST_CASE("the short and the long way of division agree") {
  constexpr Int128 kBeyondWords = static_cast<Int128>(1) << 64;
  CHECK(rc::check([](std::int64_t a, std::int64_t b) {
    RC_PRE(b != 0);
    const Int128 fourth_a = a / 4;
    const Int128 fourth_b = b / 4 == 0 ? 1 : b / 4;
    RC_ASSERT(Divide({fourth_a, 2}, {fourth_b, 1}) ==
              Divide({fourth_a * kBeyondWords, 2}, {fourth_b * kBeyondWords, 1}));
  }));
}

TEST_CASE("JSON escapes only what it must") {
  CHECK(Json({std::string("\b\f\r\t\x1f\x7f")}) == "\"\\b\\f\\r\\t\\u001f\x7f\"");
  CHECK(Json({std::string("a\"\\\n\x01\xc3\xbc/")}) == "\"a\\\"\\\\\\n\\u0001\xc3\xbc/\"");
  CHECK(Json({Value::Bytes{std::string("\xff\x00\x01", 3)}}) == "\"/wAB\"");
  CHECK(Json({ValueObject{{"a", {Int128{1}}}, {"b", {ValueList{{true}, {}}}}}}) ==
        "{\"a\":1,\"b\":[true,null]}");
  CHECK(Json({Value::Time{1}}) == "\"1970-01-01T00:00:00.001Z\"");
}

}  // namespace
}  // namespace tidemark
