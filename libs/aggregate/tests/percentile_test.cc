#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "base/random.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);
const Type kDecimal = Type::Of(TypeKind::kDecimal);

std::string Percentile(const Value& p, const std::vector<Value>& values,
                       const Type& type = kInteger) {
  return Fold("percentile", {type}, {p}).Rows(values).Json();
}

TEST_CASE("a percentile of nothing is NULL") {
  CHECK(Percentile(D(5, 1), {}) == "null");
  CHECK(Percentile(D(5, 1), {kNull}) == "null");
}

TEST_CASE("a single value is its own percentile, because the middle of its bucket is clamped") {
  CHECK(Percentile(D(5, 1), {I(1'000)}) == "1000");
  CHECK(Percentile(D(5, 1), {I(1)}) == "1");
  CHECK(Percentile(D(95, 2), {{4.2}}, kDouble) == "4.2");
  CHECK(Percentile(D(95, 2), {D(12'345, 3)}, Type::DecimalOf(3)) == "12.345");
}

TEST_CASE("the rank is ceil(p * n), exactly") {
  const std::vector<Value> values = {I(1), I(100), I(10'000), I(1'000'000)};
  CHECK(Percentile(D(25, 2), values) == "1");
  CHECK(Percentile(D(250'000'000'000'000'001LL, 18), values) == "100.839117");
  CHECK(Percentile(D(5, 1), values) == "100.839117");
  CHECK(Percentile(D(75, 2), values) == Percentile(D(7'499'999, 7), values));
  CHECK(Percentile(D(750'000'000'000'000'001LL, 18), values) == Percentile(I(1), values));
}

TEST_CASE("p = 0 is the minimum itself, p = 1 the middle of the last bucket within the maximum") {
  CHECK(Percentile(I(0), {I(777), I(1'000)}) == "777");
  CHECK(Percentile(I(0), {I(777), I(0)}) == "0");
  CHECK(Percentile(D(0, 3), {{-0.0}, {3.5}}, kDouble) == "0");
  CHECK(Percentile(I(1), {I(1), I(1'000)}) == "991.205504");
}

TEST_CASE("zero is exact and takes its ranks") {
  CHECK(Percentile(D(5, 1), {I(0), I(0), I(50)}) == "0");
  CHECK(Percentile(D(66, 2), {I(0), I(0), I(50)}) == "0");
  CHECK(Percentile(D(67, 2), {I(0), I(0), I(50)}) == "49.885215");
}

TEST_CASE("negative values, non-numbers and values beyond the range are NULL and counted") {
  Fold integers("percentile", {kInteger}, {D(5, 1)});
  integers.Rows({I(-1), I(5)});
  CHECK(integers.Json() == "5");
  CHECK(integers.Nullified() == 1);
  Fold doubles("percentile", {kDouble}, {D(5, 1)});
  doubles.Rows({{std::nan("")}, {-0.5}, {1e25}, {1e18}});
  CHECK(doubles.Json() == "1000000000000000000");
  CHECK(doubles.Nullified() == 3);
}

TEST_CASE("the index unit is x's own: doubles are told apart in millionths") {
  CHECK(Percentile(I(0), {{0.000001}, {0.000002}}, kDouble) == "0.000001");
  CHECK(Percentile(D(1, 1), {{0.0000004}}, kDouble) == "0");
}

// Beyond 10 octaves buckets are twice as wide, beyond 20 again.
TEST_CASE("a percentile is off the value of that rank by at most the stated error") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const std::uint64_t octaves = 1 + random.Below(20);
    const std::size_t count = 1 + random.Below(500);
    const std::int64_t hundredths = random.Between(1, 100);
    Fold fold("percentile", {kInteger}, {D(hundredths, 2)});
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(random.Between(1'000, 1'000LL << random.Below(octaves)));
      fold.Row({I(values.back())});
    }
    std::sort(values.begin(), values.end());
    const std::size_t rank = (static_cast<std::size_t>(hundredths) * count + 99) / 100;
    const auto exact = static_cast<double>(values[rank - 1]);
    const double found =
        static_cast<double>(std::get<Decimal>(fold.Result().content).unscaled) / 1e6;
    const double bound = values.back() <= values.front() * 1'000 ? 0.010831 : 0.021658;
    RC_ASSERT(std::abs(found - exact) <= bound * exact);
  }));
}

TEST_CASE("the widest span that values can have is held in at most 320 buckets") {
  const Type wide = Type::DecimalOf(0);
  Fold fold("percentile", {wide}, {D(5, 1)});
  for (int bit = 0; bit < 100; ++bit) fold.Row({I(static_cast<Int128>(1) << bit)});
  const double median =
      static_cast<double>(std::get<Decimal>(fold.Result().content).unscaled) / 1e6;
  CHECK(median == Approx(std::ldexp(1.0, 49)).epsilon(0.18));
  CHECK(fold.Nullified() == 0);
}

TEST_CASE("all percentiles of a column share one state") {
  const Fold median("percentile", {kInteger}, {D(5, 1)});
  const Fold high("percentile", {kInteger}, {D(99, 2)});
  CHECK(median.bound().state.function == high.bound().state.function);
  CHECK(median.bound().state.parameters == high.bound().state.parameters);
}

TEST_CASE("a p outside [0, 1] is refused, with the decimal that was probably meant") {
  const auto error = [](const Value& p, const Type& type) {
    return BindError("percentile", {kInteger, type}, {kNull, p});
  };
  CHECK(error(I(95), kInteger) ==
        "percentile(x, p): p must be between 0 and 1, got 95; write 0.95");
  CHECK(error(I(50), kInteger) == "percentile(x, p): p must be between 0 and 1, got 50; write 0.5");
  CHECK(error(I(101), kInteger) == "percentile(x, p): p must be between 0 and 1, got 101");
  CHECK(error(D(-5, 1), kDecimal) == "percentile(x, p): p must be between 0 and 1, got -0.5");
  CHECK(error(D(1'000'001, 6), kDecimal) ==
        "percentile(x, p): p must be between 0 and 1, got 1.000001");
  CHECK(error(D(1'000, 3), kDecimal).empty());
}

TEST_CASE("a p that is no constant number is refused") {
  CHECK(BindError("percentile", {kInteger, kInteger}) ==
        "percentile(x, p): p must be a constant between 0 and 1, as in percentile(x, 0.95)");
  CHECK(BindError("percentile", {kInteger, Type::Of(TypeKind::kString)}, {kNull, S("0.9")}) ==
        "percentile(x, p): p must be a decimal number between 0 and 1, got '0.9'");
  CHECK(BindError("percentile", {kInteger, kDecimal}, {kNull, D(1, 19)}) ==
        "percentile(x, p): p must be written with at most 18 fraction digits");
}

TEST_CASE("calls of percentile with other arguments say what would be right") {
  CHECK(BindError("percentile", {kInteger}) ==
        "percentile(x, p) takes 2 arguments, got 1; write percentile(x, 0.5) for the median");
  CHECK(BindError("percentile", {Type::Of(TypeKind::kTimestamp), kDecimal}, {kNull, D(5, 1)}) ==
        "percentile(x, p): x must be a number, got timestamp");
  CHECK(BindError("percentile", {kInteger, kDecimal}, {I(-3), D(5, 1)}) ==
        "percentile(x, p): x must not be negative, got -3");
}

}  // namespace
}  // namespace tidemark
