#include "aggregate/histogram_scale.h"

#include <bit>

#include "aggregate/histogram_table.h"

namespace tidemark {
namespace {

using histogram_table::kMiddles;
using histogram_table::kMiddlesBegin;
using histogram_table::kThresholds;

constexpr int kThresholdBit = 126;  // the thresholds lie in [2^126, 2^127)
constexpr int kMiddleBit = 105;
constexpr int kCellShift = kThresholdBit - 6;  // leaves the cell, below the highest bit

}  // namespace

int BucketIndex(UInt128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  if (high == 0) return NarrowBucketIndex(static_cast<std::uint64_t>(value));
  const int octave = 127 - std::countl_zero(high);
  // value > 2^(octave + j/32) exactly if the shifted value is above the j-th threshold: both sides
  // are integers.
  const UInt128 shifted = value << (kThresholdBit - octave);
  const auto cell = static_cast<std::size_t>(shifted >> kCellShift) & 63;
  auto below = static_cast<std::size_t>(kHistogramCells.bucket[cell] + 1);
  if (below < kThresholds.size() && shifted > kThresholds[below]) ++below;
  return octave * kBucketsPerOctave + static_cast<int>(below) - 1;
}

int ScaleFor(int low, int high) {
  int scale = 0;
  while ((high >> scale) - (low >> scale) + 1 > kMaxBuckets) ++scale;
  return scale;
}

Int128 BucketMiddle(int scale, int index) {
  const int exponent = index * (1 << scale);
  const int octave = exponent >> 5;
  const auto within = static_cast<std::size_t>((exponent & (kBucketsPerOctave - 1)) >> scale);
  const UInt128 middle = kMiddles.at(kMiddlesBegin.at(static_cast<std::size_t>(scale)) + within);
  const int shift = kMiddleBit - octave;
  return static_cast<Int128>((middle + (static_cast<UInt128>(1) << (shift - 1))) >> shift);
}

}  // namespace tidemark
