#include "aggregate/bucket_store.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tidemark {
namespace {

using Bucket = BucketStore::Bucket;
using Buckets = BucketStore::Buckets;

constexpr std::size_t kFewestValues = 16;  // that there is room for
constexpr std::size_t kMostValues = 64;
constexpr std::size_t kLongestList = 16;
constexpr int kShortestArray = 64;

// A list item: the index above, from 0, and the count below, so that items order by index.
constexpr int kCountBits = 52;
constexpr int kIndexBase = 1 << kMaxScale;  // the first bucket of scale 0 is -1, at any scale

std::uint64_t Item(const Bucket& bucket) {
  return static_cast<std::uint64_t>(bucket.index + kIndexBase) << kCountBits | bucket.count;
}
Bucket BucketOf(std::uint64_t item) {
  return {static_cast<int>(item >> kCountBits) - kIndexBase, item & BucketStore::kMaxCount};
}

// By words, of which many are empty. Which slots of the others are cannot be foreseen: no jump.
// REQUIRES: `length` is a multiple of 4.
template <class Slot>
void CollectArray(const Slot* slots, int first, int length, Buckets& out) {
  constexpr int kTogether = sizeof(std::uint64_t) / sizeof(Slot);
  std::size_t size = 0;
  for (int begin = 0; begin < length; begin += kTogether) {
    std::uint64_t word = 0;
    std::memcpy(&word, slots + begin, sizeof word);
    if (word == 0) continue;
    for (int place = begin; place < begin + kTogether; ++place) {
      out.items[size] = {first + place, slots[place]};
      size += slots[place] != 0 ? 1 : 0;
    }
  }
  out.size = size;
}

}  // namespace

void BucketStore::Cover(Span span, StateArena& arena) {
  if (!is_array()) return;
  const bool fits = span.scale() == scale_ && span.low >> scale_ >= first_ &&
                    span.high >> scale_ < first_ + length_;
  if (!fits) BecomeArray(form_, span, arena);
}

void BucketStore::Add(const Bucket& bucket, Span span, StateArena& arena) {
  while (!TryAdd(bucket)) Grow(span, arena);
}

bool BucketStore::AddToList(const Bucket& bucket) {
  std::uint64_t* const end = items() + length_;
  std::uint64_t* const at = std::lower_bound(items(), end, Item({bucket.index, 0}));
  if (at != end && BucketOf(*at).index == bucket.index) {
    *at = Item({bucket.index, Saturated(BucketOf(*at).count, bucket.count)});
    return true;
  }
  if (length_ == room_) return false;
  std::copy_backward(at, end, end + 1);
  *at = Item(bucket);
  ++length_;
  return true;
}

void BucketStore::Grow(Span span, StateArena& arena) {
  switch (form_) {
    case Form::kValues:
      if (room_ == 0) return GrowRoom(kFewestValues, arena);
      if (BecomeList()) return;
      if (room_ < kMostValues) return GrowRoom(room_ * std::size_t{2}, arena);
      return BecomeArray(Form::kNarrow, span, arena);
    case Form::kList:
      if (room_ < kLongestList) return GrowRoom(room_ * std::size_t{2}, arena);
      return BecomeArray(Form::kNarrow, span, arena);
    case Form::kNarrow:
    case Form::kWide:
      return BecomeArray(Form::kWide, span, arena);
  }
}

void BucketStore::GrowRoom(std::size_t room, StateArena& arena) {
  std::byte* const before = block_;
  const std::size_t size = BlockBytes();
  room_ = static_cast<std::uint16_t>(room);
  block_ = arena.Allocate(BlockBytes());
  if (before == nullptr) return;
  std::memcpy(block_, before, size);
  arena.Free(before, size);
}

bool BucketStore::BecomeList() {
  std::array<std::uint64_t, kLongestList> block;
  BucketStore list{};
  list.block_ = reinterpret_cast<std::byte*>(block.data());
  list.form_ = Form::kList;
  list.room_ = static_cast<std::uint16_t>(BlockBytes() / sizeof(std::uint64_t));
  for (const std::int16_t index : std::span(slots<std::int16_t>(), length_)) {
    if (!list.TryAdd({index, 1})) return false;
  }
  std::memcpy(block_, block.data(), list.length_ * sizeof(std::uint64_t));
  list.block_ = block_;
  *this = list;
  return true;
}

std::size_t BucketStore::BlockBytes() const {
  switch (form_) {
    case Form::kValues:
      return room_ * sizeof(std::int16_t);
    case Form::kList:
      return room_ * sizeof(std::uint64_t);
    case Form::kNarrow:
      return length_ * sizeof(std::uint16_t);
    case Form::kWide:
      return length_ * sizeof(std::uint64_t);
  }
  return 0;
}

// Lays out what there is in an array of all buckets of the span, with room on both sides.
void BucketStore::BecomeArray(Form form, Span span, StateArena& arena) {
  Buckets buckets;
  const int before = is_array() ? scale_ : span.scale();
  Collect(span, buckets);
  arena.Free(block_, BlockBytes());
  form_ = form;
  scale_ = static_cast<std::uint8_t>(span.scale());
  const int low = span.low >> scale_;
  const int size = (span.high >> scale_) - low + 1;
  const auto rounded = static_cast<int>(std::bit_ceil(static_cast<unsigned>(size)));
  length_ = static_cast<std::uint16_t>(std::clamp(rounded, kShortestArray, kMaxBuckets));
  first_ = static_cast<std::int16_t>(low - (length_ - size) / 2);
  block_ = arena.Allocate(BlockBytes());
  std::memset(block_, 0, BlockBytes());
  for (const Bucket& bucket : buckets.view()) Add(bucket.AtScale0(before), span, arena);
}

void BucketStore::CollectValues(Span span, Buckets& out) const {
  const int scale = span.scale();
  const int first = span.low >> scale;
  std::array<std::uint16_t, kMaxBuckets> counts{};
  for (const std::int16_t index : std::span(slots<std::int16_t>(), length_))
    ++counts[static_cast<std::size_t>((index >> scale) - first)];
  CollectArray(counts.data(), first, kMaxBuckets, out);
}

// Items that are one bucket at this scale lie side by side.
void BucketStore::CollectList(Span span, Buckets& out) const {
  const int scale = span.scale();
  out.size = 0;
  for (const std::uint64_t item : std::span(items(), length_)) {
    const auto [index, count] = BucketOf(item);
    if (out.size == 0 || out.items[out.size - 1].index != index >> scale) {
      out.items[out.size++] = {index >> scale, count};
    } else {
      std::uint64_t& sum = out.items[out.size - 1].count;
      sum = Saturated(sum, count);
    }
  }
}

void BucketStore::Collect(Span span, Buckets& out) const {
  switch (form_) {
    case Form::kValues:
      return CollectValues(span, out);
    case Form::kList:
      return CollectList(span, out);
    case Form::kNarrow:
      return CollectArray(slots<std::uint16_t>(), first_, length_, out);
    case Form::kWide:
      return CollectArray(slots<std::uint64_t>(), first_, length_, out);
  }
}

void BucketStore::Merge(const BucketStore& from, Span from_span, Span span, StateArena& arena) {
  if (from.form_ == Form::kValues) {
    for (const std::int16_t index : std::span(from.slots<std::int16_t>(), from.length_))
      Add({index, 1}, span, arena);
    return;
  }
  Buckets buckets;
  from.Collect(from_span, buckets);
  for (const Bucket& bucket : buckets.view()) Add(bucket.AtScale0(from_span.scale()), span, arena);
}

}  // namespace tidemark
