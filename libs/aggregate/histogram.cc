#include "aggregate/histogram.h"

#include <bit>
#include <cstring>
#include <string_view>

namespace tidemark {
namespace {

constexpr int kShortestArray = 64;

std::uint64_t Saturated(std::uint64_t a, std::uint64_t b) {
  return std::min(a + b, Histogram::kMaxCount);
}

// A list item: the index above, from 0, and the count below, so that items order by index.
constexpr int kCountBits = 52;
constexpr int kIndexBase = 1 << kMaxScale;  // the first bucket of scale 0 in bucket -1 of any

std::uint64_t Item(const Histogram::Bucket& bucket) {
  return static_cast<std::uint64_t>(bucket.index + kIndexBase) << kCountBits | bucket.count;
}
Histogram::Bucket BucketOf(std::uint64_t item) {
  return {static_cast<int>(item >> kCountBits) - kIndexBase, item & Histogram::kMaxCount};
}

// The first bucket of scale 0 in one of `scale`. It stands for all of them, as what it is counted
// in never gets finer.
Histogram::Bucket AtScale0(const Histogram::Bucket& bucket, int scale) {
  return {bucket.index * (1 << scale), bucket.count};
}

// By words, of which many are empty. Which slots of the others are cannot be foreseen: no jump.
// REQUIRES: `length` is a multiple of 4.
template <class Slot>
void CollectArray(const Slot* slots, int first, int length, Histogram::Buckets& out) {
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

// Distances and counts of at most kMaxBuckets buckets, written without asking for room.
class BucketWriter {
 public:
  void Leb128(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) *at_++ = static_cast<char>(value | 0x80U);
    *at_++ = static_cast<char>(value);
  }
  std::string_view bytes() const {
    return {bytes_.data(), static_cast<std::size_t>(at_ - bytes_.data())};
  }

 private:
  static constexpr std::size_t kMostBytes = 2 + 8;  // of a distance and a count
  std::array<char, kMaxBuckets * kMostBytes> bytes_;
  char* at_ = bytes_.data();
};

}  // namespace

int Histogram::scale() const {
  return is_array() ? scale_ : ScaleFor(BucketIndex(min()), BucketIndex(max()));
}

void Histogram::RecordAny(Int128 value, StateArena& arena) {
  if (value == 0) {
    ++zeros_;
  } else if (value < 0 || static_cast<UInt128>(value) >= kHistogramLimit) {
    ++nullified_;
  } else {
    const auto positive = static_cast<UInt128>(value);
    Cover({positive, positive}, arena);
    Add({BucketIndex(positive), 1}, arena);
  }
}

void Histogram::SetRange(const Range& range) {
  min_low_ = static_cast<std::uint64_t>(range.min);
  min_high_ = static_cast<std::uint64_t>(range.min >> 64);
  max_low_ = static_cast<std::uint64_t>(range.max);
  max_high_ = static_cast<std::uint64_t>(range.max >> 64);
}

void Histogram::Cover(const Range& range, StateArena& arena) {
  if (empty()) return SetRange(range);
  if (range.min >= min() && range.max <= max()) return;
  SetRange({std::min(min(), range.min), std::max(max(), range.max)});
  if (!is_array()) return;
  const int low = BucketIndex(min());
  const int high = BucketIndex(max());
  const bool fits =
      ScaleFor(low, high) == scale_ && low >> scale_ >= first_ && high >> scale_ < first_ + length_;
  if (!fits) BecomeArray(form_, arena);
}

void Histogram::Add(const Bucket& bucket, StateArena& arena) {
  while (!TryAdd(bucket)) Grow(arena);
}

bool Histogram::TryAdd(const Bucket& bucket) {
  switch (form_) {
    case Form::kValues:
      return AddValues(bucket);
    case Form::kList:
      return CountInList(bucket) || AddToList(bucket);
    case Form::kNarrow: {
      std::uint16_t& slot = slots<std::uint16_t>()[PlaceOf(bucket)];
      if (bucket.count > kMaxNarrowCount - slot) return false;
      slot = static_cast<std::uint16_t>(slot + bucket.count);
      return true;
    }
    case Form::kWide: {
      std::uint64_t& slot = slots<std::uint64_t>()[PlaceOf(bucket)];
      slot = Saturated(slot, bucket.count);
      return true;
    }
  }
  return false;
}

bool Histogram::AddValues(const Bucket& bucket) {
  if (bucket.count > static_cast<std::uint64_t>(room_ - length_)) return false;
  std::fill_n(slots<std::int16_t>() + length_, bucket.count,
              static_cast<std::int16_t>(bucket.index));
  length_ = static_cast<std::uint16_t>(length_ + bucket.count);
  return true;
}

bool Histogram::CountInList(const Bucket& bucket) {
  for (std::uint64_t& item : std::span(items(), length_)) {
    if (BucketOf(item).index != bucket.index) continue;
    item = Item({bucket.index, Saturated(BucketOf(item).count, bucket.count)});
    return true;
  }
  return false;
}

bool Histogram::AddToList(const Bucket& bucket) {
  if (length_ == room_) return false;
  std::uint64_t* const end = items() + length_;
  std::uint64_t* const at = std::lower_bound(items(), end, Item(bucket));
  std::copy_backward(at, end, end + 1);
  *at = Item(bucket);
  ++length_;
  return true;
}

void Histogram::Grow(StateArena& arena) {
  switch (form_) {
    case Form::kValues:
      if (room_ == 0) return GrowRoom(kFewestValues, arena);
      if (BecomeList()) return;
      if (room_ < kMostValues) return GrowRoom(room_ * std::size_t{2}, arena);
      return BecomeArray(Form::kNarrow, arena);
    case Form::kList:
      if (room_ < kLongestList) return GrowRoom(room_ * std::size_t{2}, arena);
      return BecomeArray(Form::kNarrow, arena);
    case Form::kNarrow:
    case Form::kWide:
      return BecomeArray(Form::kWide, arena);
  }
}

void Histogram::GrowRoom(std::size_t room, StateArena& arena) {
  std::byte* const before = block_;
  const std::size_t size = BlockBytes();
  room_ = static_cast<std::uint16_t>(room);
  block_ = arena.Allocate(BlockBytes());
  if (before == nullptr) return;
  std::memcpy(block_, before, size);
  arena.Free(before, size);
}

bool Histogram::BecomeList() {
  Histogram list = *this;
  std::array<std::uint64_t, kLongestList> found;
  list.block_ = reinterpret_cast<std::byte*>(found.data());
  list.form_ = Form::kList;
  list.room_ = static_cast<std::uint16_t>(BlockBytes() / sizeof(std::uint64_t));
  list.length_ = 0;
  for (const std::int16_t index : std::span(slots<std::int16_t>(), length_)) {
    if (!list.TryAdd({index, 1})) return false;
  }
  std::memcpy(block_, found.data(), list.length_ * sizeof(std::uint64_t));
  list.block_ = block_;
  *this = list;
  return true;
}

std::size_t Histogram::BlockBytes() const {
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

void Histogram::Release(StateArena& arena) {
  if (block_ != nullptr) arena.Free(block_, BlockBytes());
  block_ = nullptr;
}

// Lays out what there is in an array of `form` from min to max, with room on both sides.
void Histogram::BecomeArray(Form form, StateArena& arena) {
  Buckets buckets;
  Collect(buckets);
  const int before = scale();
  Release(arena);
  const int low = BucketIndex(min());
  const int high = BucketIndex(max());
  scale_ = static_cast<std::uint8_t>(ScaleFor(low, high));
  form_ = form;
  const int span = (high >> scale_) - (low >> scale_) + 1;
  const int length = std::min(
      kMaxBuckets,
      static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::max(span, kShortestArray)))));
  length_ = static_cast<std::uint16_t>(length);
  first_ = static_cast<std::int16_t>((low >> scale_) - (length - span) / 2);
  block_ = arena.Allocate(BlockBytes());
  std::memset(block_, 0, BlockBytes());
  for (const Bucket& bucket : buckets.view()) Add(AtScale0(bucket, before), arena);
}

void Histogram::CollectValues(Buckets& out) const {
  out.size = 0;
  if (empty()) return;
  const int at = scale();
  const int first = BucketIndex(min()) >> at;
  std::array<std::uint16_t, kMaxBuckets> counts{};
  for (int i = 0; i < length_; ++i) ++counts[(slots<std::int16_t>()[i] >> at) - first];
  CollectArray(counts.data(), first, kMaxBuckets, out);
}

// Items that are one bucket at this scale lie side by side.
void Histogram::CollectList(Buckets& out) const {
  const int at = scale();
  out.size = 0;
  for (int i = 0; i < length_; ++i) {
    const Bucket bucket = BucketOf(items()[i]);
    if (out.size == 0 || out.items[out.size - 1].index != bucket.index >> at) {
      out.items[out.size++] = {bucket.index >> at, bucket.count};
    } else {
      std::uint64_t& count = out.items[out.size - 1].count;
      count = Saturated(count, bucket.count);
    }
  }
}

void Histogram::Collect(Buckets& out) const {
  switch (form_) {
    case Form::kValues:
      return CollectValues(out);
    case Form::kList:
      return CollectList(out);
    case Form::kNarrow:
      return CollectArray(slots<std::uint16_t>(), first_, length_, out);
    case Form::kWide:
      return CollectArray(slots<std::uint64_t>(), first_, length_, out);
  }
}

void Histogram::Merge(const Histogram& from, StateArena& arena) {
  zeros_ += from.zeros_;
  nullified_ += from.nullified_;
  if (from.empty()) return;
  Cover({from.min(), from.max()}, arena);
  if (from.form_ == Form::kValues) {
    for (int i = 0; i < from.length_; ++i) Add({from.slots<std::int16_t>()[i], 1}, arena);
    return;
  }
  Buckets buckets;
  from.Collect(buckets);
  const int scale = from.scale();
  for (const Bucket& bucket : buckets.view()) Add(AtScale0(bucket, scale), arena);
}

// zeros, nullified, number of buckets; then min, max, the first bucket's count, and for each
// further bucket its distance from the one before and its count. Scale and first index follow from
// min and max.
void Histogram::Encode(ByteWriter& out) const {
  Buckets buckets;
  Collect(buckets);
  out.Leb128(zeros_);
  out.Leb128(nullified_);
  out.Leb128(buckets.size);
  if (buckets.size == 0) return;
  out.ZigZagLeb128Wide(static_cast<Int128>(min()));
  out.ZigZagLeb128Wide(static_cast<Int128>(max()));
  BucketWriter writer;
  writer.Leb128(buckets.items[0].count);
  for (std::size_t i = 1; i < buckets.size; ++i) {
    writer.Leb128(static_cast<std::uint64_t>(buckets.items[i].index - buckets.items[i - 1].index));
    writer.Leb128(buckets.items[i].count);
  }
  out.Bytes(writer.bytes());
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
    Add(AtScale0({index, count}, scale), arena);
  }
  return index == high >> scale;
}

}  // namespace tidemark
