#include "aggregate/histogram.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

namespace tidemark {
namespace {

std::string Encoded(const Histogram& histogram) {
  std::string bytes;
  ByteWriter out(bytes);
  histogram.Encode(out);
  return bytes;
}

std::string Recorded(const std::vector<Int128>& values) {
  StateArena arena;
  Histogram whole{};
  for (const Int128 value : values) whole.Record(value, arena);
  return Encoded(whole);
}

// A histogram that is merged into never has a value recorded by itself.
std::string Merged(const std::vector<Int128>& values) {
  StateArena arena;
  Histogram whole{};
  for (const Int128 value : values) {
    Histogram single{};
    single.Record(value, arena);
    whole.Merge(single, arena);
  }
  return Encoded(whole);
}

Int128 AnyValue(Random& random, std::uint64_t bits) {
  switch (random.Below(40)) {
    case 0:
      return 0;
    case 1:
      return -static_cast<Int128>(random.Next());
    case 2:
      return static_cast<Int128>(random.Next() >> random.Below(64)) << random.Below(60);
    default:
      return static_cast<Int128>(random.Next() >> (64 - bits));
  }
}

TEST_CASE("values that find their slot at once are counted as merged ones are") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const std::uint64_t bits = 1 + random.Below(64);
    std::vector<Int128> values;
    for (int i = 0; i < 500; ++i) values.push_back(AnyValue(random, bits));
    RC_ASSERT(Recorded(values) == Merged(values));
  }));
}

TEST_CASE("values at the ends of 64 bits are counted as merged ones are") {
  std::vector<Int128> values;
  for (int bit = 0; bit < 64; ++bit) values.push_back(static_cast<Int128>(1) << bit);
  const Int128 limit = static_cast<Int128>(1) << 64;
  for (int round = 0; round < 2; ++round) {
    for (const Int128 value : {limit - 1, limit / 2 - 1, limit / 2, -limit / 2, -limit, Int128{-1}})
      values.push_back(value);
  }
  CHECK(Recorded(values) == Merged(values));
  for (const Int128 value : {limit, limit + 1, limit - 1, limit + limit / 2})
    values.push_back(value);
  CHECK(Recorded(values) == Merged(values));
}

// What frames bring: parts of the values, some as coarse as their own span, in any order.
TEST_CASE("encoded parts of the values merge into the encoding of all of them") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    const std::uint64_t bits = 1 + random.Below(64);
    std::vector<Int128> values;
    std::vector<std::vector<Int128>> parts(1 + random.Below(6));
    for (std::uint64_t i = random.Below(600); i > 0; --i) {
      const Int128 value = AnyValue(random, bits);
      for (std::uint64_t times = 1 + random.Below(random.Below(20) == 0 ? 40 : 1); times > 0;
           --times) {
        values.push_back(value);
        parts[random.Below(parts.size())].push_back(value);
      }
    }
    StateArena arena;
    Histogram whole{};
    for (const std::vector<Int128>& part : parts) {
      const std::string bytes = Recorded(part);
      ByteReader in(bytes);
      RC_ASSERT(whole.MergeEncoded(in, arena));
    }
    RC_ASSERT(Encoded(whole) == Recorded(values));
  }));
}

TEST_CASE("a count that outgrows a narrow slot is kept, recorded or merged") {
  constexpr int kTimes = 70'000;
  std::vector<Int128> others;
  for (int i = 1; i < 3'000; i += 7) others.push_back(i);
  StateArena arena;
  Histogram recorded{};
  for (const Int128 value : others) recorded.Record(value, arena);
  for (int i = 0; i < kTimes; ++i) recorded.Record(1'000, arena);

  Histogram many{};
  for (int i = 0; i < kTimes; ++i) many.Record(1'000, arena);
  Histogram merged{};
  for (const Int128 value : others) merged.Record(value, arena);
  merged.Merge(many, arena);
  CHECK(Encoded(merged) == Encoded(recorded));
  many.Merge(merged, arena);
  Histogram::Buckets buckets;
  many.Collect(buckets);
  std::uint64_t count = 0;
  for (const Histogram::Bucket& bucket : buckets.view()) count += bucket.count;
  CHECK(count == 2 * kTimes + others.size());
}

// Merging cells must not let blocks pile up: each that is left is used again.
TEST_CASE("a histogram of few buckets stays small however many values it counts") {
  StateArena arena;
  std::vector<Histogram> cells(1'000);
  for (Histogram& cell : cells) {
    for (int i = 0; i < 500; ++i) cell.Record(20 + 20 * (i % 3), arena);
  }
  CHECK(arena.bytes() <= cells.size() * 64);
}

TEST_CASE("a full bucket stays full whatever is recorded") {
  StateArena arena;
  std::string bytes;
  ByteWriter out(bytes);
  const int buckets = BucketIndex(4'000) - BucketIndex(1'000) + 1;
  out.Leb128(0);
  out.Leb128(0);
  out.Leb128(static_cast<std::uint64_t>(buckets));
  out.ZigZagLeb128Wide(1'000);
  out.ZigZagLeb128Wide(4'000);
  out.Leb128(BucketStore::kMaxCount);
  for (int i = 1; i < buckets; ++i) {
    out.Leb128(1);
    out.Leb128(BucketStore::kMaxCount);
  }
  Histogram full{};
  ByteReader in(bytes);
  REQUIRE(full.MergeEncoded(in, arena));
  for (int value = 1'000; value <= 4'000; ++value) full.Record(value, arena);
  CHECK(Encoded(full) == bytes);
}

}  // namespace
}  // namespace tidemark
