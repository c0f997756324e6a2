#include "base/bytes.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

TEST_CASE("LEB128 and zigzag return what was written") {
  CHECK(rc::check([](std::uint64_t a, std::int64_t b, std::int64_t high, std::uint64_t low) {
    const Int128 wide = (static_cast<Int128>(high) << 64) | low;
    std::string bytes;
    ByteWriter writer(bytes);
    writer.Leb128(a);
    writer.ZigZagLeb128(b);
    writer.ZigZagLeb128Wide(wide);
    ByteReader reader(bytes);
    RC_ASSERT(reader.Leb128() == a);
    RC_ASSERT(reader.ZigZagLeb128() == b);
    RC_ASSERT(reader.ZigZagLeb128Wide() == wide);
    RC_ASSERT(reader.ok());
    RC_ASSERT(reader.at_end());
  }));
}

TEST_CASE("a truncated or oversized integer fails the reader for good") {
  ByteReader truncated(std::string_view("\x80\x80", 2));
  CHECK(truncated.Leb128() == 0);
  CHECK_FALSE(truncated.ok());
  const std::string oversized(11, '\x80');
  ByteReader too_long(oversized);
  CHECK(too_long.Leb128() == 0);
  CHECK_FALSE(too_long.ok());
  CHECK(too_long.at_end());
}

TEST_CASE("a length beyond the end yields nothing") {
  ByteReader reader(
      std::string_view("\x05"
                       "abc",
                       4));
  CHECK(reader.LengthPrefixed().empty());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("128-bit integers print all digits") {
  CHECK(ToString(kInt128Max) == "170141183460469231731687303715884105727");
  CHECK(ToString(kInt128Min) == "-170141183460469231731687303715884105728");
  CHECK(ToString(Int128{0}) == "0");
}

}  // namespace
}  // namespace tidemark
