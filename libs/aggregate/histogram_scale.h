// The buckets of the exponential histogram: where a value falls, and what stands for a bucket.
//
// At scale r the base is h = 2^(2^r / 32), and bucket i holds the values (h^i, h^(i+1)]. A value is
// a positive integer in x's own unit. All arithmetic is exact: a value falls into the same bucket
// on every machine.
#pragma once

#include <array>
#include <cstdint>

#include "aggregate/histogram_table.h"
#include "base/int128.h"

namespace tidemark {

// Values must be below it.
inline constexpr UInt128 kHistogramLimit = static_cast<UInt128>(1) << 100;
inline constexpr int kBucketsPerOctave = 32;
inline constexpr int kMaxBuckets = 320;
inline constexpr int kMaxScale = 4;  // at which all values below the limit span 202 buckets
inline constexpr unsigned kMiddleDigits = 6;

// Bucket of `value` at scale 0: from -1 for 1, to 3199. REQUIRES: 0 < value < kHistogramLimit.
int BucketIndex(UInt128 value);

// An octave is cut into 64 equal cells; as buckets are wider than a cell, a cell holds at most one
// threshold.
struct HistogramCells {
  // floor(2^(63 + j/32)) of the threshold a cell holds, or what no value is above.
  std::array<std::uint64_t, 64> threshold{};
  std::array<std::int8_t, 64> bucket{};  // of a cell's first values, within the octave: from -1
};
constexpr HistogramCells MakeHistogramCells() {
  HistogramCells cells;
  cells.threshold.fill(~std::uint64_t{0});
  cells.bucket.fill(-1);
  for (const UInt128 wide : histogram_table::kThresholds) {
    const auto threshold = static_cast<std::uint64_t>(wide >> 63);
    std::size_t cell = (threshold >> 57) - 64;
    cells.threshold.at(cell) = threshold;
    while (++cell < cells.bucket.size()) ++cells.bucket.at(cell);
  }
  return cells;
}
inline constexpr HistogramCells kHistogramCells = MakeHistogramCells();

// BucketIndex of a value of 64 bits. REQUIRES: value > 0.
inline int NarrowBucketIndex(std::uint64_t value) {
  const int octave = 63 ^ __builtin_clzll(value);
  // A whole number is above the threshold exactly if it is above its floor.
  const std::uint64_t shifted = value << (63 ^ octave);
  const std::size_t cell = (shifted >> 57) - 64;
  return octave * kBucketsPerOctave + kHistogramCells.bucket[cell] +
         (shifted > kHistogramCells.threshold[cell] ? 1 : 0);
}

// The smallest scale at which buckets `low` to `high` of scale 0 are at most kMaxBuckets. REQUIRES:
// low <= high.
int ScaleFor(int low, int high);

// 2h/(1+h) * h^index in 10^-6 of the unit, rounded half up. REQUIRES: -1 <= index, index * 2^scale
// < 3200.
Int128 BucketMiddle(int scale, int index);

}  // namespace tidemark
