#include "aggregate/fixed_point.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace tidemark {
namespace {

TEST_CASE("NaN, infinity and what exceeds 127 bits have no fixed-point form") {
  CHECK_FALSE(ToFixedPoint(std::nan(""), 6));
  CHECK_FALSE(ToFixedPoint(std::numeric_limits<double>::infinity(), 6));
  CHECK_FALSE(ToFixedPoint(-std::numeric_limits<double>::infinity(), 0));
  CHECK_FALSE(ToFixedPoint(std::ldexp(1.0, 127), 0));
  CHECK(ToFixedPoint(std::ldexp(1.0, 126), 0) == static_cast<Int128>(1) << 126);
  CHECK_FALSE(ToFixedPoint(1e33, 6));
  CHECK(ToFixedPoint(1e32, 6).has_value());
}

TEST_CASE("a double halfway between two fixed-point numbers becomes the even one") {
  CHECK(ToFixedPoint(0.5, 0) == 0);
  CHECK(ToFixedPoint(1.5, 0) == 2);
  CHECK(ToFixedPoint(2.5, 0) == 2);
  CHECK(ToFixedPoint(-2.5, 0) == -2);
  CHECK(ToFixedPoint(-3.5, 0) == -4);
  CHECK(ToFixedPoint(0.125, 2) == 12);
  CHECK(ToFixedPoint(0.375, 2) == 38);
}

TEST_CASE("what is just off halfway rounds to the nearer number") {
  CHECK(ToFixedPoint(std::nextafter(0.5, 1), 0) == 1);
  CHECK(ToFixedPoint(std::nextafter(1.5, 1), 0) == 1);
}

TEST_CASE("zeros, denormals and negligible numbers are zero") {
  CHECK(ToFixedPoint(-0.0, 6) == 0);
  CHECK(ToFixedPoint(std::numeric_limits<double>::denorm_min(), 18) == 0);
  CHECK(ToFixedPoint(1e-30, 18) == 0);
  CHECK(ToFixedPoint(4.9e-7, 6) == 0);
  CHECK(ToFixedPoint(5.1e-7, 6) == 1);
}

TEST_CASE("whole doubles convert exactly") {
  CHECK(rc::check([](std::int64_t value) {
    const auto number = static_cast<double>(value);
    RC_ASSERT(ToFixedPoint(number, 6) == static_cast<Int128>(number) * 1'000'000);
  }));
}

TEST_CASE("rounding to 6 digits agrees with 80-bit arithmetic wherever that is exact") {
  CHECK(rc::check([](std::int32_t numerator, std::uint8_t shift) {
    const double value = std::ldexp(numerator, -(shift % 40));
    const auto expected =
        static_cast<Int128>(std::nearbyint(static_cast<long double>(value) * 1e6L));
    RC_ASSERT(ToFixedPoint(value, 6) == expected);
  }));
}

}  // namespace
}  // namespace tidemark
