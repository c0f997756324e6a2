#include "log/log.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

// Kafka's own test vectors of Utils.murmur2: 21 -> -973932308, foobar -> -790332482,
// a-little-bit-long-string -> -985981536.
TEST_CASE("a key's partition is that of Kafka's Java client") {
  constexpr std::int32_t kMany = 1'000'003;
  const auto expected = [](std::int32_t murmur) {
    return Partition((murmur & 0x7fffffff) % kMany);
  };
  CHECK(PartitionOfKey("21", kMany) == expected(-973932308));
  CHECK(PartitionOfKey("foobar", kMany) == expected(-790332482));
  CHECK(PartitionOfKey("a-little-bit-long-string", kMany) == expected(-985981536));
  CHECK(PartitionOfKey("a-little-bit-longer-string", kMany) == expected(-1486304829));
  CHECK(PartitionOfKey("", 4).value() < 4);
}

}  // namespace
}  // namespace tidemark
