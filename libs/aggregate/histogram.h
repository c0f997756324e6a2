// State of percentiles: an exponential histogram of at most 320 buckets. Internal to this library.
//
// Its scale is the smallest that fits the span from the least to the largest value, so the
// histogram, and with it its encoding, is a function of the multiset of values. The first values
// wait one by one; then a short list counts them, or if they fall into more buckets an array: of
// narrow slots until a count needs a wide one. Which of them it is shows nowhere outside.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "aggregate/aggregate.h"
#include "aggregate/histogram_scale.h"

namespace tidemark {

class Histogram {
 public:
  // Counts saturate here: 10^6 rows a second for 140 years.
  static constexpr std::uint64_t kMaxCount = (1ULL << 52) - 1;

  struct Bucket {
    int index;  // at a scale that is said beside it
    std::uint64_t count;
  };
  struct Buckets {
    std::array<Bucket, kMaxBuckets> items;  // ascending; none is empty
    std::size_t size;

    std::span<const Bucket> view() const { return {items.data(), size}; }
  };

  // Counts a value. What the histogram cannot hold, negative or at the limit, counts as nullified.
  void Record(Int128 value, StateArena& arena) {
    const auto low = static_cast<std::uint64_t>(value);
    const bool usual = value >> 64 == 0 && low != 0 && max_high_ == 0 && form_ != Form::kWide;
    if (!usual || !RecordUsual(low)) return RecordAny(value, arena);
    min_low_ = std::min(min_low_, low);
    max_low_ = std::max(max_low_, low);
  }
  void CountNullified() { ++nullified_; }
  void Merge(const Histogram& from, StateArena& arena);
  void Encode(ByteWriter& out) const;
  bool MergeEncoded(ByteReader& in, StateArena& arena);

  bool empty() const { return length_ == 0; }
  // Of the buckets that Collect gives. REQUIRES: !empty().
  int scale() const;
  std::uint64_t zeros() const { return zeros_; }
  // The least and largest value above zero. REQUIRES: !empty().
  UInt128 min() const { return static_cast<UInt128>(min_high_) << 64 | min_low_; }
  UInt128 max() const { return static_cast<UInt128>(max_high_) << 64 | max_low_; }
  std::uint64_t nullified() const { return nullified_; }
  void Collect(Buckets& out) const;

 private:
  enum class Form : std::uint8_t {
    kValues,  // the bucket of each value at scale 0, in 16 bits
    kList,    // items of a bucket at scale 0 and a count, in 64 bits, ascending
    kNarrow,  // an array of counts in 16 bits
    kWide,    // an array of counts in 64 bits
  };
  static constexpr std::size_t kFewestValues = 16;  // that there is room for
  static constexpr std::size_t kMostValues = 64;
  static constexpr std::size_t kLongestList = 16;
  static constexpr std::uint64_t kMaxNarrowCount = 0xffff;

  struct Range {
    UInt128 min;
    UInt128 max;
  };

  bool is_array() const { return form_ == Form::kNarrow || form_ == Form::kWide; }
  // Whether it was as simple as this; else nothing has changed. REQUIRES: value > 0; not kWide.
  bool RecordUsual(std::uint64_t value) {
    const int index = NarrowBucketIndex(value);
    if (form_ == Form::kValues) {
      if (length_ == room_) return false;
      slots<std::int16_t>()[length_++] = static_cast<std::int16_t>(index);
      return true;
    }
    if (form_ == Form::kList) return CountInList({index, 1});
    // A value that falls into the array leaves the scale as it is: no array is longer than the
    // buckets that a scale may span.
    const int place = (index >> scale_) - first_;
    if (place < 0 || place >= length_) return false;
    std::uint16_t& slot = slots<std::uint16_t>()[place];
    if (slot == kMaxNarrowCount) return false;
    ++slot;
    return true;
  }
  void RecordAny(Int128 value, StateArena& arena);
  // Extends min and max, and scale and array as they need.
  void Cover(const Range& range, StateArena& arena);
  void SetRange(const Range& range);
  // Buckets are at scale 0: of a coarser one the first. REQUIRES: covered.
  void Add(const Bucket& bucket, StateArena& arena);
  // Whether there was room for it in the form there is.
  bool TryAdd(const Bucket& bucket);
  bool AddValues(const Bucket& bucket);
  bool CountInList(const Bucket& bucket);
  bool AddToList(const Bucket& bucket);
  // Into a form that can hold more.
  void Grow(StateArena& arena);
  void GrowRoom(std::size_t room, StateArena& arena);
  // False: the values are of too many buckets for a list in the same block.
  bool BecomeList();
  void BecomeArray(Form form, StateArena& arena);
  std::size_t PlaceOf(const Bucket& bucket) const {
    return static_cast<std::size_t>((bucket.index >> scale_) - first_);
  }
  void CollectValues(Buckets& out) const;
  void CollectList(Buckets& out) const;
  std::size_t BlockBytes() const;
  void Release(StateArena& arena);
  bool MergeBuckets(const Range& range, std::uint64_t buckets, ByteReader& in, StateArena& arena);

  template <class Slot>
  Slot* slots() const {
    return reinterpret_cast<Slot*>(block_);
  }

  std::uint64_t* items() const { return slots<std::uint64_t>(); }

  std::uint64_t zeros_;
  std::uint64_t nullified_;
  std::uint64_t min_low_;
  std::uint64_t min_high_;
  std::uint64_t max_low_;
  std::uint64_t max_high_;
  std::byte* block_;
  std::uint16_t length_;  // values, items of the list, or slots of the array
  std::uint16_t room_;    // for so many values or items
  std::int16_t first_;    // of an array: the index of its first slot
  std::uint8_t scale_;    // of an array
  Form form_;  // the slots of an array are those of all buckets from min to max, at least
};
static_assert(sizeof(Histogram) == 64);

}  // namespace tidemark
