#include "proof/percentile.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "proof/json.h"
#include "proof/natural.h"

namespace tidemark::proof {
namespace {

constexpr Share kMedian{1, 2};
constexpr Share kP95{95, 100};

std::vector<std::uint64_t> UpTo(std::uint64_t last) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 1; i <= last; ++i) values.push_back(i);
  return values;
}

TEST_CASE("naturals calculate as numbers do") {
  const Natural big = Natural(~std::uint64_t{0}) * Natural(~std::uint64_t{0});
  CHECK(big.BitLength() == 128);
  CHECK(big.SquareRoot() == Natural(~std::uint64_t{0}));
  CHECK((big + Natural(1)).SquareRoot() == Natural(~std::uint64_t{0}));
  CHECK((big - Natural(1)).SquareRoot() == Natural(~std::uint64_t{0} - 1));
  CHECK((big - big).IsZero());
  CHECK(Natural(5).ShiftLeft(100).ShiftRight(101).ToUint64() == 2);
  CHECK(Natural(3).ShiftLeft(64) > Natural(~std::uint64_t{0}));
}

TEST_CASE("a percentile of nothing is null, of one value that value") {
  CHECK(Percentile({}, kP95) == "null");
  for (const std::uint64_t value : {0ULL, 1ULL, 2ULL, 1'000ULL, 4'294'967'295ULL}) {
    CHECK(Percentile({value}, kP95) == std::to_string(value));
    CHECK(Percentile({value}, {0, 1}) == std::to_string(value));
    CHECK(Percentile({value}, {1, 1}) == std::to_string(value));
  }
}

TEST_CASE("zeros are exact and take part in the rank") {
  CHECK(Percentile({0, 0, 0, 500}, kMedian) == "0");
  CHECK(Percentile({0, 0, 500, 500}, {3, 4}) == "495.602752");
  CHECK(Percentile({0, 7}, {0, 1}) == "0");
}

// Computed with 50 digits: 2g/(1+g) * g^i for the bucket (g^i, g^(i+1)] of the value at the rank, g
// = 2^(1/32).
TEST_CASE("a percentile is the middle of its bucket") {
  CHECK(Percentile({1, 2, 3}, kMedian) == "1.97834");
  CHECK(Percentile(UpTo(100), kP95) == "95.540491");
  CHECK(Percentile(UpTo(1'000), kMedian) == "495.602752");
}

TEST_CASE("a middle outside of the values is clamped") {
  CHECK(Percentile({1'000, 1'000}, kMedian) == "1000");
  CHECK(Percentile({1'000, 5'000}, {1, 1}) == "5000");
}

TEST_CASE("values of more than ten octaves are read with coarser buckets") {
  const std::vector<std::uint64_t> wide = {1, 1'000, 1'000'000};
  CHECK(Percentile(wide, kMedian) == "1001.822759");
  // 1 lies in (g^-1, 1], 1002 in the 319th bucket above it, 1003 in the 320th.
  CHECK(Percentile({1, 1'000, 1'002}, kMedian) == Percentile({4, 1'000, 1'002}, kMedian));
  CHECK(Percentile({1, 1'000, 1'003}, kMedian) != Percentile({4, 1'000, 1'003}, kMedian));
}

TEST_CASE("the error of a percentile stays within what is promised") {
  for (std::uint64_t value = 3; value < 1'000; value = value * 5 / 4 + 1) {
    const double middle = std::stod(Percentile({2, value, value, 1'000}, kMedian));
    CHECK(std::abs(middle - static_cast<double>(value)) <= 0.0109 * static_cast<double>(value));
  }
}

}  // namespace
}  // namespace tidemark::proof
