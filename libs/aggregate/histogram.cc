#include "aggregate/histogram.h"

#include <array>
#include <string_view>

namespace tidemark {
namespace {

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

void Histogram::RecordAny(Int128 value, StateArena& arena) {
  if (value == 0) {
    ++zeros_;
  } else if (value < 0 || static_cast<UInt128>(value) >= kHistogramLimit) {
    ++nullified_;
  } else {
    const auto positive = static_cast<UInt128>(value);
    Cover({positive, positive}, arena);
    buckets_.Add({BucketIndex(positive), 1}, span(), arena);
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
  buckets_.Cover(span(), arena);
}

void Histogram::Collect(Buckets& out) const {
  out.size = 0;
  if (!empty()) buckets_.Collect(span(), out);
}

void Histogram::Merge(const Histogram& from, StateArena& arena) {
  zeros_ += from.zeros_;
  nullified_ += from.nullified_;
  if (from.empty()) return;
  Cover({from.min(), from.max()}, arena);
  buckets_.Merge(from.buckets_, from.span(), span(), arena);
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
  const BucketStore::Span part{BucketIndex(range.min), BucketIndex(range.max)};
  const int scale = part.scale();
  Cover(range, arena);
  const BucketStore::Span whole = span();
  int index = part.low >> scale;
  for (std::uint64_t i = 0; i < buckets; ++i) {
    const std::uint64_t step = i == 0 ? 0 : in.Leb128();
    const std::uint64_t count = in.Leb128();
    if (!in.ok() || (i != 0 && step == 0) || step > kMaxBuckets || count == 0 ||
        count > BucketStore::kMaxCount)
      return false;
    index += static_cast<int>(step);
    if (index > part.high >> scale) return false;
    buckets_.Add(Bucket{index, count}.AtScale0(scale), whole, arena);
  }
  return index == part.high >> scale;
}

}  // namespace tidemark
