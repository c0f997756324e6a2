#include "aggregate/histogram_scale.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "aggregate/histogram_table.h"
#include "base/random.h"
#include "wide_number.h"

namespace tidemark {
namespace {

using histogram_table::kMiddles;
using histogram_table::kMiddlesBegin;
using histogram_table::kThresholds;

// The bucket from the definition, g = 2^(1/32): the i with g^i < value <= g^(i+1), by 32nd powers
// of whole numbers.
int BucketByDefinition(UInt128 value) {
  const WideNumber power = WideNumber(value).Power32();
  int low = -1;  // g^low < value
  int high = 3'300;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (WideNumber::PowerOfTwo(static_cast<std::size_t>(middle)) < power ? low : high) = middle;
  }
  return low;
}

TEST_CASE("each threshold is the whole part of 2^(126 + j/32)") {
  for (std::size_t j = 0; j < kThresholds.size(); ++j) {
    const WideNumber exact = WideNumber::PowerOfTwo(126 * 32 + j);
    CHECK(WideNumber(kThresholds[j]).Power32() <= exact);
    CHECK(WideNumber(kThresholds[j] + 1).Power32() > exact);
  }
}

// With whole parts H of 2^126 h and X of 2^126 x, the middle 10^6 * 2^105 * 2hx/(1+h) is 10^6 *
// 2^106 * HX divided by 2^126 * (2^126 + H), and grows in both; so the two ends of their intervals
// enclose it.
TEST_CASE("each middle is 2h/(1+h) * h^m within 4 of its 127 bits' last") {
  const WideNumber factor = WideNumber(1'000'000) * WideNumber::PowerOfTwo(106);
  const WideNumber one = WideNumber::PowerOfTwo(126);
  for (std::size_t scale = 0; scale < kMiddlesBegin.size(); ++scale) {
    const std::size_t step = std::size_t{1} << scale;
    const UInt128 base = kThresholds[step];
    for (std::size_t m = 0; m < 32 / step; ++m) {
      const UInt128 power = kThresholds[m * step];
      const UInt128 middle = kMiddles[kMiddlesBegin[scale] + m];
      const WideNumber least = factor * WideNumber(base) * WideNumber(power);
      const WideNumber most = factor * WideNumber(base + 1) * WideNumber(power + 1);
      CHECK(WideNumber(middle - 4) * one * (one + WideNumber(base)) < least);
      CHECK(WideNumber(middle + 4) * one * (one + WideNumber(base + 1)) > most);
    }
  }
}

TEST_CASE("buckets are open below and closed above") {
  CHECK(BucketIndex(1) == -1);
  CHECK(BucketIndex(2) == 31);
  CHECK(BucketIndex(3) == 50);
  CHECK(BucketIndex(1'024) == 319);
  CHECK(BucketIndex(1'025) == 320);
  CHECK(BucketIndex(kHistogramLimit - 1) == 3'199);
}

TEST_CASE("every value below 5000 falls into the bucket of the definition") {
  for (unsigned value = 1; value < 5'000; ++value) {
    if (BucketIndex(value) != BucketByDefinition(value)) FAIL(value);
  }
}

TEST_CASE(
    "values at and beside every threshold of every octave fall into the bucket of the definition") {
  for (int octave = 0; octave < 100; octave += 3) {
    for (std::size_t j = 0; j < kThresholds.size(); j += 5) {
      const UInt128 threshold = kThresholds[j] >> (126 - octave);
      for (const UInt128 value : {std::max<UInt128>(threshold, 2) - 1, threshold, threshold + 1}) {
        if (BucketIndex(value) != BucketByDefinition(value)) FAIL(octave << " " << j);
      }
    }
  }
}

TEST_CASE("any value falls into the bucket of the definition") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const UInt128 wide = static_cast<UInt128>(random.Next()) << 36 | random.Next() >> 28;
    const UInt128 value = (wide >> random.Below(100)) + 1;
    RC_PRE(value < kHistogramLimit);
    RC_ASSERT(BucketIndex(value) == BucketByDefinition(value));
  }));
}

// The bucket of a value of 64 bits by way of 128: 32 further for each doubling.
int BucketByDoubling(std::uint64_t value) {
  const int doublings = value >> 36 == 0 ? 64 : 36;
  return BucketIndex(static_cast<UInt128>(value) << doublings) - 32 * doublings;
}

TEST_CASE("values of 64 bits at and beside every threshold fall where those of 128 do") {
  for (int octave = 0; octave < 64; ++octave) {
    for (const UInt128 threshold : kThresholds) {
      const auto floor = static_cast<std::uint64_t>(threshold >> (126 - octave));
      for (const std::uint64_t value : {floor - 1, floor, floor + 1}) {
        if (value != 0 && NarrowBucketIndex(value) != BucketByDoubling(value)) FAIL(value);
      }
    }
  }
}

TEST_CASE("any value of 64 bits falls where it does as one of 128") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    for (int i = 0; i < 1'000; ++i) {
      const std::uint64_t value = std::max<std::uint64_t>(random.Next() >> random.Below(64), 1);
      RC_ASSERT(NarrowBucketIndex(value) == BucketByDoubling(value));
    }
  }));
}

TEST_CASE("the scale grows exactly when the span exceeds 320 buckets") {
  CHECK(ScaleFor(-1, 318) == 0);
  CHECK(ScaleFor(-1, 319) == 1);
  CHECK(ScaleFor(0, 639) == 1);
  CHECK(ScaleFor(1, 640) == 2);
  CHECK(ScaleFor(-1, 3'199) == kMaxScale);
}

TEST_CASE("middles are rounded to 6 digits, from the first bucket to the last") {
  CHECK(BucketMiddle(0, -1) == 989'170);
  CHECK(BucketMiddle(0, 319) == 1'012'910'079);
  const Int128 high_digits = 1'253'921'942'638'917'826LL;
  CHECK(BucketMiddle(0, 3'199) ==
        high_digits * 1'000'000'000'000'000'000LL + 451'729'651'720'495'899LL);
}

TEST_CASE("a middle is off every value of its bucket by at most (h - 1) / (h + 1)") {
  CHECK(rc::check([] {
    const int scale = *rc::gen::inRange(0, kMaxScale + 1);
    const auto value = static_cast<UInt128>(*rc::gen::inRange<std::uint64_t>(1, 1ULL << 62));
    const Int128 middle = BucketMiddle(scale, BucketIndex(value) >> scale);
    const auto exact = static_cast<double>(value) * 1e6;
    const double error = std::abs(static_cast<double>(middle) - exact) / exact;
    static constexpr double kBound[] = {0.0108301, 0.0216577, 0.0432952, 0.0864273, 0.1715729};
    RC_ASSERT(error <= kBound[scale] + 1e-6);
  }));
}

}  // namespace
}  // namespace tidemark
