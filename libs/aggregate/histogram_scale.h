// The buckets of the exponential histogram: where a value falls, and what stands for a bucket.
//
// At scale r the base is h = 2^(2^r / 32), and bucket i holds the values (h^i, h^(i+1)]. A value is
// a positive integer in x's own unit. All arithmetic is exact: a value falls into the same bucket
// on every machine.
#pragma once

#include <cstdint>

#include "base/int128.h"

namespace tidemark {

// Values must be below it.
inline constexpr UInt128 kHistogramLimit = static_cast<UInt128>(1) << 100;
inline constexpr int kMaxBuckets = 320;
inline constexpr int kMaxScale = 4;  // at which all values below the limit span 202 buckets
inline constexpr unsigned kMiddleDigits = 6;

// Bucket of `value` at scale 0: from -1 for 1, to 3199. REQUIRES: 0 < value < kHistogramLimit.
int BucketIndex(UInt128 value);

// The smallest scale at which buckets `low` to `high` of scale 0 are at most kMaxBuckets. REQUIRES:
// low <= high.
int ScaleFor(int low, int high);

// 2h/(1+h) * h^index in 10^-6 of the unit, rounded half up. REQUIRES: -1 <= index, index * 2^scale
// < 3200.
Int128 BucketMiddle(int scale, int index);

}  // namespace tidemark
