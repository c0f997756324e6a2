#include "aggregate/histogram_scale.h"

#include <array>
#include <bit>

#include "aggregate/histogram_table.h"

namespace tidemark {
namespace {

using histogram_table::kMiddles;
using histogram_table::kMiddlesBegin;
using histogram_table::kThresholds;

constexpr int kPerOctave = 32;
constexpr int kThresholdBit = 126;  // the thresholds lie in [2^126, 2^127)
constexpr int kMiddleBit = 105;

// An octave is cut into 64 equal cells; as buckets are wider than a cell, a cell holds at most one
// threshold.
constexpr int kCellBits = 6;
constexpr int kCellShift = kThresholdBit - kCellBits;

// For each cell, how many thresholds lie below its first value.
constexpr std::array<std::uint8_t, 64> CountBelowCells() {
  std::array<std::uint8_t, 64> counts{};
  for (unsigned cell = 0; cell < counts.size(); ++cell) {
    const UInt128 first = static_cast<UInt128>(64 + cell) << kCellShift;
    for (const UInt128 threshold : kThresholds) {
      if (threshold < first) ++counts.at(cell);
    }
  }
  return counts;
}
constexpr auto kBelowCell = CountBelowCells();

int HighestBit(UInt128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  if (high != 0) return 127 - std::countl_zero(high);
  return 63 - std::countl_zero(static_cast<std::uint64_t>(value));
}

}  // namespace

int BucketIndex(UInt128 value) {
  const int octave = HighestBit(value);
  // value > 2^(octave + j/32) exactly if the shifted value is above the j-th threshold: both sides
  // are integers.
  const UInt128 shifted = value << (kThresholdBit - octave);
  const auto cell = static_cast<std::size_t>(shifted >> kCellShift) & 63;
  std::size_t below = kBelowCell[cell];
  if (below < kThresholds.size() && shifted > kThresholds[below]) ++below;
  return octave * kPerOctave + static_cast<int>(below) - 1;
}

int ScaleFor(int low, int high) {
  int scale = 0;
  while ((high >> scale) - (low >> scale) + 1 > kMaxBuckets) ++scale;
  return scale;
}

Int128 BucketMiddle(int scale, int index) {
  const int exponent = index * (1 << scale);
  const int octave = exponent >> 5;
  const auto within = static_cast<std::size_t>((exponent & (kPerOctave - 1)) >> scale);
  const UInt128 middle = kMiddles.at(kMiddlesBegin.at(static_cast<std::size_t>(scale)) + within);
  const int shift = kMiddleBit - octave;
  return static_cast<Int128>((middle + (static_cast<UInt128>(1) << (shift - 1))) >> shift);
}

}  // namespace tidemark
