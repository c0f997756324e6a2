#include "proof/percentile.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/int128.h"
#include "proof/json.h"
#include "proof/natural.h"

namespace tidemark::proof {
namespace {

constexpr int kStepsPerOctave = 32;
constexpr int kMaxSpan = 320;
constexpr std::size_t kFractionBits = 256;
constexpr std::uint64_t kMicro = 1'000'000;

// The i with g^i < value <= g^(i+1) for g = 2^(1/32): value^32 > 2^i, value^32 <= 2^(i+1).
// REQUIRES: value > 0.
int FinestBucket(std::uint64_t value) {
  Natural power(value);
  for (int squared = 1; squared < kStepsPerOctave; squared *= 2) power = power * power;
  return static_cast<int>((power - Natural(1)).BitLength()) - 1;
}

// How many times g is squared, so that the buckets from `low` to `high` number at most kMaxSpan.
int CoarsenessFor(int low, int high) {
  int squarings = 0;
  for (; (high >> squarings) - (low >> squarings) + 1 > kMaxSpan; ++squarings) {
  }
  return squarings;
}

// 2^(1/32) with kFractionBits.
Natural FinestBase() {
  Natural base = Natural(2).ShiftLeft(kFractionBits);
  for (int roots = 1; roots < kStepsPerOctave; roots *= 2)
    base = base.ShiftLeft(kFractionBits).SquareRoot();
  return base;
}

// 2^(exponent / 32) with kFractionBits.
Natural PowerOfBase(int exponent) {
  static const Natural kBase = FinestBase();
  Natural power = Natural(1).ShiftLeft(kFractionBits);
  for (int i = 0; i < exponent % kStepsPerOctave; ++i)
    power = (power * kBase).ShiftRight(kFractionBits);
  return power.ShiftLeft(static_cast<std::size_t>(exponent / kStepsPerOctave));
}

// The middle of bucket `i` in millionths, rounded half up: the largest m with (2m - 1)(1 + g) <= 4
// * 10^6 * g^(i+1).
UInt128 MiddleMicros(int i, int squarings) {
  TM_CHECK(i >= -1, "values are at least 1");
  const int step = 1 << squarings;
  const Natural bound = Natural(4 * kMicro) * PowerOfBase((i + 1) * step);
  const Natural divisor = Natural(1).ShiftLeft(kFractionBits) + PowerOfBase(step);
  Natural middle;
  for (std::size_t bit = 90; bit > 0; --bit) {
    const Natural next = middle + Natural(1).ShiftLeft(bit - 1);
    if ((next + next - Natural(1)) * divisor <= bound) middle = next;
  }
  const std::uint64_t high = middle.ShiftRight(64).ToUint64();
  const std::uint64_t low = (middle - middle.ShiftRight(64).ShiftLeft(64)).ToUint64();
  return static_cast<UInt128>(high) << 64 | low;
}

// A batch asks for the same few hundred buckets again and again.
UInt128 RememberedMiddle(int i, int squarings) {
  thread_local std::map<std::pair<int, int>, UInt128> middles;
  const auto [at, is_new] = middles.try_emplace({i, squarings}, 0);
  if (is_new) at->second = MiddleMicros(i, squarings);
  return at->second;
}

std::uint64_t NearestRank(Share p, std::uint64_t count) {
  const UInt128 product = static_cast<UInt128>(p.numerator) * count;
  return static_cast<std::uint64_t>((product + p.denominator - 1) / p.denominator);
}

}  // namespace

std::string Percentile(std::vector<std::uint64_t> values, Share p) {
  if (values.empty()) return "null";
  std::sort(values.begin(), values.end());
  const std::uint64_t rank = NearestRank(p, values.size());
  const std::uint64_t value = values[rank == 0 ? 0 : rank - 1];
  if (rank == 0 || value == 0) return std::to_string(value);
  const std::uint64_t least = *std::upper_bound(values.begin(), values.end(), 0U);
  const int squarings = CoarsenessFor(FinestBucket(least), FinestBucket(values.back()));
  const UInt128 middle = RememberedMiddle(FinestBucket(value) >> squarings, squarings);
  const UInt128 micros = std::clamp(middle, static_cast<UInt128>(values.front()) * kMicro,
                                    static_cast<UInt128>(values.back()) * kMicro);
  return QuotientText(static_cast<Int128>(micros), kMicro);
}

}  // namespace tidemark::proof
