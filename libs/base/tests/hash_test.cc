#include "base/hash.h"

#include <catch2/catch.hpp>

#include "base/crc32c.h"

namespace tidemark {
namespace {

TEST_CASE("the key hash is XXH3_64 with seed 0") { CHECK(Hash64("") == 0x2d06800538d394c2ULL); }

TEST_CASE("CRC-32C matches the check value of RFC 3720, also over two parts") {
  CHECK(Crc32c("123456789") == 0xe3069283U);
  CHECK(Crc32c("1234", "56789") == 0xe3069283U);
}

}  // namespace
}  // namespace tidemark
