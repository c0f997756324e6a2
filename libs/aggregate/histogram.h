// State of percentiles: an exponential histogram of at most 320 buckets. Internal to this library.
//
// Its scale is the smallest that fits the span from the least to the largest value, so the
// histogram, and with it its encoding, is a function of the multiset of values.
#pragma once

#include <algorithm>
#include <cstdint>

#include "aggregate/aggregate.h"
#include "aggregate/bucket_store.h"
#include "aggregate/histogram_scale.h"

namespace tidemark {

class Histogram {
 public:
  using Bucket = BucketStore::Bucket;
  using Buckets = BucketStore::Buckets;

  // Counts a value. What the histogram cannot hold, negative or at the limit, counts as nullified.
  void Record(Int128 value, StateArena& arena) {
    const auto low = static_cast<std::uint64_t>(value);
    const bool usual = value >> 64 == 0 && low != 0 && max_high_ == 0;
    if (!usual || !buckets_.TryAdd({NarrowBucketIndex(low), 1})) return RecordAny(value, arena);
    min_low_ = std::min(min_low_, low);
    max_low_ = std::max(max_low_, low);
  }
  void CountNullified() { ++nullified_; }
  void Merge(const Histogram& from, StateArena& arena);
  void Encode(ByteWriter& out) const;
  bool MergeEncoded(ByteReader& in, StateArena& arena);

  bool empty() const { return buckets_.empty(); }
  // Of the buckets that Collect gives. REQUIRES: !empty().
  int scale() const { return span().scale(); }
  std::uint64_t zeros() const { return zeros_; }
  // The least and largest value above zero. REQUIRES: !empty().
  UInt128 min() const { return static_cast<UInt128>(min_high_) << 64 | min_low_; }
  UInt128 max() const { return static_cast<UInt128>(max_high_) << 64 | max_low_; }
  std::uint64_t nullified() const { return nullified_; }
  void Collect(Buckets& out) const;

 private:
  struct Range {
    UInt128 min;
    UInt128 max;
  };

  BucketStore::Span span() const { return {BucketIndex(min()), BucketIndex(max())}; }
  void RecordAny(Int128 value, StateArena& arena);
  // Extends min and max.
  void Cover(const Range& range, StateArena& arena);
  void SetRange(const Range& range);
  bool MergeBuckets(const Range& range, std::uint64_t buckets, ByteReader& in, StateArena& arena);

  std::uint64_t zeros_;
  std::uint64_t nullified_;
  std::uint64_t min_low_;
  std::uint64_t min_high_;
  std::uint64_t max_low_;
  std::uint64_t max_high_;
  BucketStore buckets_;
};
static_assert(sizeof(Histogram) == 64);

}  // namespace tidemark
