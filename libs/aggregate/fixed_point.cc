#include "aggregate/fixed_point.h"

#include <array>
#include <bit>

namespace tidemark {
namespace {

constexpr int kFractionBits = 52;
constexpr int kExponentBias = 1'075;  // of the mantissa read as an integer
constexpr std::uint64_t kFractionMask = (1ULL << kFractionBits) - 1;

constexpr std::array<std::uint64_t, kMaxDigits + 1> MakePowers() {
  std::array<std::uint64_t, kMaxDigits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers.at(i) = powers.at(i - 1) * 10;
  return powers;
}
constexpr auto kPowers = MakePowers();

// value / 2^shift, rounded half even. REQUIRES: 0 < shift, value < 2^113.
UInt128 ShiftRightHalfEven(UInt128 value, int shift) {
  if (shift > 114) return 0;
  const UInt128 quotient = value >> shift;
  const UInt128 rest = value & ((static_cast<UInt128>(1) << shift) - 1);
  const UInt128 half = static_cast<UInt128>(1) << (shift - 1);
  const bool up = rest > half || (rest == half && (quotient & 1) != 0);
  return quotient + (up ? 1 : 0);
}

int BitWidth(UInt128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                   : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

}  // namespace

std::optional<Int128> ToFixedPoint(double value, unsigned digits) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto raw_exponent = static_cast<int>(bits >> kFractionBits & 0x7ff);
  if (raw_exponent == 0x7ff) return std::nullopt;
  const std::uint64_t implicit = raw_exponent == 0 ? 0 : 1ULL << kFractionBits;
  const int exponent = (raw_exponent == 0 ? 1 : raw_exponent) - kExponentBias;
  const UInt128 product = static_cast<UInt128>((bits & kFractionMask) | implicit) * kPowers[digits];
  if (exponent > 0 && BitWidth(product) + exponent > 127) return std::nullopt;
  const UInt128 magnitude =
      exponent >= 0 ? product << exponent : ShiftRightHalfEven(product, -exponent);
  const auto result = static_cast<Int128>(magnitude);
  return bits >> 63 != 0 ? -result : result;
}

}  // namespace tidemark
