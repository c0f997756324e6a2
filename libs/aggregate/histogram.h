// State of percentiles: an exponential histogram of at most 320 buckets. Internal to this library.
//
// Its scale is the smallest that fits the span from the least to the largest value, so the
// histogram, and with it its encoding, is a function of the multiset of values. Buckets begin as a
// sorted list and become an array; which of the two holds them shows nowhere outside.
#pragma once

#include <array>
#include <cstdint>

#include "aggregate/aggregate.h"
#include "aggregate/histogram_scale.h"

namespace tidemark {

class Histogram {
 public:
  // Counts saturate here: 10^6 rows a second for 140 years.
  static constexpr std::uint64_t kMaxCount = (1ULL << 52) - 1;

  struct Bucket {
    int index;  // at scale()
    std::uint64_t count;
  };
  struct Buckets {
    std::array<Bucket, kMaxBuckets> items;  // ascending; none is empty
    std::size_t size;
  };

  // Counts a value. What the histogram cannot hold, negative or at the limit, counts as nullified.
  void Record(Int128 value, StateArena& arena) {
    // Unless it is empty, min is above zero.
    const auto narrow = static_cast<std::uint64_t>(value);
    const bool covered = length_ != 0 && value >> 64 == 0 && max_high_ == 0 && narrow >= min_low_ &&
                         narrow <= max_low_;
    if (!covered) return RecordAny(value, arena);
    const int index = NarrowBucketIndex(narrow) >> scale_;
    if (is_array_ == 0) return AddToList({index, 1}, arena);
    std::uint64_t& slot = slots()[index - first_];
    slot += slot < kMaxCount ? 1 : 0;
  }
  void CountNullified() { ++nullified_; }
  void Merge(const Histogram& from, StateArena& arena);
  void Encode(ByteWriter& out) const;
  bool MergeEncoded(ByteReader& in, StateArena& arena);

  bool empty() const { return length_ == 0; }
  int scale() const { return scale_; }
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

  // Calls take(bucket) for each bucket that is not empty, ascending.
  template <class Take>
  void ForEachBucket(Take take) const;

  void RecordAny(Int128 value, StateArena& arena);
  void RecordPositive(UInt128 value, StateArena& arena);
  // Extends min and max, and scale and array as they need.
  void Cover(const Range& range, StateArena& arena);
  void SetRange(const Range& range);
  void Add(const Bucket& bucket, StateArena& arena);
  void AddToList(const Bucket& bucket, StateArena& arena);
  void AddToArray(const Bucket& bucket);
  void InsertIntoList(std::size_t at, std::uint64_t item, StateArena& arena);
  void Rescale(int scale, StateArena& arena);
  void BecomeArray(StateArena& arena);
  void Release(StateArena& arena);
  bool MergeBuckets(const Range& range, std::uint64_t buckets, ByteReader& in, StateArena& arena);

  std::uint64_t* slots() const { return reinterpret_cast<std::uint64_t*>(block_); }

  std::uint64_t zeros_;
  std::uint64_t nullified_;
  std::uint64_t min_low_;
  std::uint64_t min_high_;
  std::uint64_t max_low_;
  std::uint64_t max_high_;
  std::byte* block_;
  std::uint16_t length_;  // slots of the list or array
  std::int16_t first_;    // of an array: the index of its first slot
  std::uint8_t scale_;
  std::uint8_t is_array_;  // its slots are then those of all buckets from min to max, at least
};
static_assert(sizeof(Histogram) == 64);

}  // namespace tidemark
