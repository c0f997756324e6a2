// Counts of a histogram's buckets, in as few bytes as they need. Internal to this library.
//
// The first values wait one by one; then a short list counts them, or if they fall into more
// buckets an array: of narrow slots until a count needs a wide one. Which of them it is shows
// nowhere outside.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "aggregate/aggregate.h"
#include "aggregate/histogram_scale.h"

namespace tidemark {

// All zero is the empty one.
class BucketStore {
 public:
  // Counts saturate here: 10^6 rows a second for 140 years.
  static constexpr std::uint64_t kMaxCount = (1ULL << 52) - 1;

  struct Bucket {
    int index;  // at a scale that is said beside it
    std::uint64_t count;

    // The first bucket of scale 0 in this one of `scale`. It stands for all of them, as what it is
    // counted in never gets finer.
    Bucket AtScale0(int scale) const { return {index * (1 << scale), count}; }
  };
  struct Buckets {
    std::array<Bucket, kMaxBuckets> items;  // ascending; none is empty
    std::size_t size;

    std::span<const Bucket> view() const { return {items.data(), size}; }
  };
  // The buckets of scale 0 that the least and the largest value fall into. The scale of all is the
  // smallest that fits them.
  struct Span {
    int low;
    int high;

    int scale() const { return ScaleFor(low, high); }
  };

  bool empty() const { return length_ == 0; }

  // Adds a bucket of scale 0 if there is room for it as things are; else nothing has changed.
  bool TryAdd(const Bucket& bucket) {
    if (form_ == Form::kValues) return AddValues(bucket);
    if (form_ == Form::kList) return AddToList(bucket);
    const int place = (bucket.index >> scale_) - first_;
    if (place < 0 || place >= length_) return false;
    if (form_ == Form::kWide) {
      std::uint64_t& slot = slots<std::uint64_t>()[place];
      slot = Saturated(slot, bucket.count);
      return true;
    }
    std::uint16_t& slot = slots<std::uint16_t>()[place];
    if (bucket.count > kMaxNarrowCount - slot) return false;
    slot = static_cast<std::uint16_t>(slot + bucket.count);
    return true;
  }
  // Before buckets are added that lie in a longer span than those before.
  void Cover(Span span, StateArena& arena);
  // Adds a bucket of scale 0 that lies in `span`, which is covered.
  void Add(const Bucket& bucket, Span span, StateArena& arena);
  // Adds all of `from`, which lie in `from_span`, to these. REQUIRES: `span` is covered.
  void Merge(const BucketStore& from, Span from_span, Span span, StateArena& arena);
  // At span.scale(). REQUIRES: covered.
  void Collect(Span span, Buckets& out) const;

 private:
  enum class Form : std::uint8_t {
    kValues,  // the bucket of each value at scale 0, in 16 bits
    kList,    // items of a bucket at scale 0 and a count, in 64 bits, ascending
    kNarrow,  // an array of counts in 16 bits
    kWide,    // an array of counts in 64 bits
  };
  static constexpr std::uint64_t kMaxNarrowCount = 0xffff;

  static std::uint64_t Saturated(std::uint64_t a, std::uint64_t b) {
    return std::min(a + b, kMaxCount);
  }
  bool is_array() const { return form_ == Form::kNarrow || form_ == Form::kWide; }
  bool AddValues(const Bucket& bucket) {
    if (bucket.count > static_cast<std::uint64_t>(room_ - length_)) return false;
    std::fill_n(slots<std::int16_t>() + length_, bucket.count,
                static_cast<std::int16_t>(bucket.index));
    length_ = static_cast<std::uint16_t>(length_ + bucket.count);
    return true;
  }
  bool AddToList(const Bucket& bucket);
  // Into a form that can hold more.
  void Grow(Span span, StateArena& arena);
  void GrowRoom(std::size_t room, StateArena& arena);
  // False: the values are of too many buckets for a list in the same block.
  bool BecomeList();
  void BecomeArray(Form form, Span span, StateArena& arena);
  void CollectValues(Span span, Buckets& out) const;
  void CollectList(Span span, Buckets& out) const;
  std::size_t BlockBytes() const;

  template <class Slot>
  Slot* slots() const {
    return reinterpret_cast<Slot*>(block_);
  }
  std::uint64_t* items() const { return slots<std::uint64_t>(); }

  std::byte* block_;
  std::uint16_t length_;  // values, items of the list, or slots of the array
  std::uint16_t room_;    // for so many values or items
  std::int16_t first_;    // of an array: the index of its first slot
  std::uint8_t scale_;    // of an array
  Form form_;             // the slots of an array are those of all buckets of the span, at least
};

}  // namespace tidemark
