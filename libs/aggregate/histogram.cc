#include "aggregate/histogram.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace tidemark {
namespace {

// A list item: index + 1 above, count below, so that items order by index.
constexpr int kCountBits = 52;
constexpr std::size_t kLongestList = 32;
constexpr std::size_t kShortestBlock = 4;  // slots
constexpr std::size_t kShortestArray = 64;

std::uint64_t Item(const Histogram::Bucket& bucket) {
  return static_cast<std::uint64_t>(bucket.index + 1) << kCountBits | bucket.count;
}
int IndexOf(std::uint64_t item) { return static_cast<int>(item >> kCountBits) - 1; }
std::uint64_t CountOf(std::uint64_t item) { return item & Histogram::kMaxCount; }

std::uint64_t Saturated(std::uint64_t a, std::uint64_t b) {
  return std::min(a + b, Histogram::kMaxCount);
}

std::size_t BlockSlots(std::size_t slots) { return std::bit_ceil(std::max(slots, kShortestBlock)); }
std::size_t BlockBytes(std::size_t slots) { return BlockSlots(slots) * sizeof(std::uint64_t); }

}  // namespace

void Histogram::RecordAny(Int128 value, StateArena& arena) {
  if (value == 0) {
    ++zeros_;
  } else if (value < 0 || static_cast<UInt128>(value) >= kHistogramLimit) {
    ++nullified_;
  } else {
    RecordPositive(static_cast<UInt128>(value), arena);
  }
}

void Histogram::RecordPositive(UInt128 value, StateArena& arena) {
  if (empty() || value < min() || value > max()) Cover({value, value}, arena);
  Add({BucketIndex(value) >> scale_, 1}, arena);
}

void Histogram::SetRange(const Range& range) {
  min_low_ = static_cast<std::uint64_t>(range.min);
  min_high_ = static_cast<std::uint64_t>(range.min >> 64);
  max_low_ = static_cast<std::uint64_t>(range.max);
  max_high_ = static_cast<std::uint64_t>(range.max >> 64);
}

void Histogram::Cover(const Range& range, StateArena& arena) {
  if (empty()) {
    SetRange(range);
  } else {
    SetRange({std::min(min(), range.min), std::max(max(), range.max)});
  }
  const int low = BucketIndex(min());
  const int high = BucketIndex(max());
  const int needed = ScaleFor(low, high);
  if (needed != scale_) {
    Rescale(needed, arena);
  } else if (is_array_ != 0 && (low >> scale_ < first_ || high >> scale_ >= first_ + length_)) {
    BecomeArray(arena);
  }
}

void Histogram::Add(const Bucket& bucket, StateArena& arena) {
  if (is_array_ != 0) {
    AddToArray(bucket);
  } else {
    AddToList(bucket, arena);
  }
}

void Histogram::AddToList(const Bucket& bucket, StateArena& arena) {
  std::uint64_t* const end = slots() + length_;
  std::uint64_t* const at = std::lower_bound(slots(), end, Item({bucket.index, 0}));
  if (at != end && IndexOf(*at) == bucket.index) {
    *at = Item({bucket.index, Saturated(CountOf(*at), bucket.count)});
  } else if (length_ < kLongestList) {
    InsertIntoList(static_cast<std::size_t>(at - slots()), Item(bucket), arena);
  } else {
    BecomeArray(arena);
    AddToArray(bucket);
  }
}

void Histogram::InsertIntoList(std::size_t at, std::uint64_t item, StateArena& arena) {
  const std::size_t size = length_;
  if (size == 0 || size == BlockSlots(size)) {
    auto* grown = reinterpret_cast<std::uint64_t*>(arena.Allocate(BlockBytes(size + 1)));
    std::copy_n(slots(), size, grown);
    Release(arena);
    block_ = reinterpret_cast<std::byte*>(grown);
  }
  std::copy_backward(slots() + at, slots() + size, slots() + size + 1);
  slots()[at] = item;
  ++length_;
}

void Histogram::AddToArray(const Bucket& bucket) {
  std::uint64_t& slot = slots()[bucket.index - first_];
  slot = Saturated(slot, bucket.count);
}

void Histogram::Release(StateArena& arena) {
  if (block_ != nullptr) arena.Free(block_, BlockBytes(length_));
  block_ = nullptr;
}

// Re-lays the buckets into an array that covers min to max, with room on both sides.
void Histogram::BecomeArray(StateArena& arena) {
  Buckets buckets;
  Collect(buckets);
  const int low = BucketIndex(min()) >> scale_;
  const int high = BucketIndex(max()) >> scale_;
  const auto span = static_cast<std::size_t>(high - low + 1);
  const std::size_t slots_needed =
      std::min<std::size_t>(kMaxBuckets, std::bit_ceil(std::max(span, kShortestArray)));
  Release(arena);
  block_ = arena.Allocate(BlockBytes(slots_needed));
  std::fill_n(slots(), slots_needed, 0);
  is_array_ = 1;
  length_ = static_cast<std::uint16_t>(slots_needed);
  first_ = static_cast<std::int16_t>(low - static_cast<int>((slots_needed - span) / 2));
  for (std::size_t i = 0; i < buckets.size; ++i)
    slots()[buckets.items[i].index - first_] = buckets.items[i].count;
}

void Histogram::Rescale(int scale, StateArena& arena) {
  Buckets buckets;
  Collect(buckets);
  const int coarser = scale - scale_;
  Release(arena);
  is_array_ = 0;
  length_ = 0;
  scale_ = static_cast<std::uint8_t>(scale);
  for (std::size_t i = 0; i < buckets.size; ++i) {
    Add({buckets.items[i].index >> coarser, buckets.items[i].count}, arena);
  }
}

template <class Take>
inline void Histogram::ForEachBucket(Take take) const {
  const std::span<const std::uint64_t> filled(slots(), length_);
  if (is_array_ == 0) {
    for (const std::uint64_t item : filled) take(Bucket{IndexOf(item), CountOf(item)});
    return;
  }
  for (std::size_t i = 0; i < filled.size(); ++i) {
    if (filled[i] != 0) take(Bucket{first_ + static_cast<int>(i), filled[i]});
  }
}

void Histogram::Collect(Buckets& out) const {
  out.size = 0;
  ForEachBucket([&out](const Bucket& bucket) { out.items[out.size++] = bucket; });
}

void Histogram::Merge(const Histogram& from, StateArena& arena) {
  zeros_ += from.zeros_;
  nullified_ += from.nullified_;
  if (from.empty()) return;
  Cover({from.min(), from.max()}, arena);
  from.ForEachBucket([&, coarser = scale_ - from.scale_](const Bucket& bucket) {
    Add({bucket.index >> coarser, bucket.count}, arena);
  });
}

// zeros, nullified, number of buckets; then min, max, the first bucket's count, and for each
// further bucket its distance from the one before and its count. Scale and first index follow from
// min and max.
void Histogram::Encode(ByteWriter& out) const {
  std::size_t size = 0;
  ForEachBucket([&size](const Bucket&) { ++size; });
  out.Leb128(zeros_);
  out.Leb128(nullified_);
  out.Leb128(size);
  if (size == 0) return;
  out.ZigZagLeb128Wide(static_cast<Int128>(min()));
  out.ZigZagLeb128Wide(static_cast<Int128>(max()));
  const int first = BucketIndex(min()) >> scale_;
  ForEachBucket([&, before = first](const Bucket& bucket) mutable {
    if (bucket.index != first) out.Leb128(static_cast<std::uint64_t>(bucket.index - before));
    before = bucket.index;
    out.Leb128(bucket.count);
  });
}

bool Histogram::MergeEncoded(ByteReader& in, StateArena& arena) {
  zeros_ += in.Leb128();
  nullified_ += in.Leb128();
  const std::uint64_t buckets = in.Leb128();
  if (!in.ok() || buckets > kMaxBuckets) return false;
  if (buckets == 0) return true;
  const Int128 least = in.ZigZagLeb128Wide();
  const Int128 largest = in.ZigZagLeb128Wide();
  if (!in.ok() || least <= 0 || least > largest || static_cast<UInt128>(largest) >= kHistogramLimit)
    return false;
  return MergeBuckets({static_cast<UInt128>(least), static_cast<UInt128>(largest)}, buckets, in,
                      arena);
}

bool Histogram::MergeBuckets(const Range& range, std::uint64_t buckets, ByteReader& in,
                             StateArena& arena) {
  const int low = BucketIndex(range.min);
  const int high = BucketIndex(range.max);
  const int scale = ScaleFor(low, high);
  Cover(range, arena);
  int index = low >> scale;
  for (std::uint64_t i = 0; i < buckets; ++i) {
    const std::uint64_t step = i == 0 ? 0 : in.Leb128();
    const std::uint64_t count = in.Leb128();
    if (!in.ok() || (i != 0 && step == 0) || step > kMaxBuckets || count == 0 || count > kMaxCount)
      return false;
    index += static_cast<int>(step);
    if (index > high >> scale) return false;
    Add({index >> (scale_ - scale), count}, arena);
  }
  return index == high >> scale;
}

}  // namespace tidemark
