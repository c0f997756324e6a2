#include "base/short_bytes.h"

#include <catch2/catch.hpp>
#include <string>

namespace tidemark {
namespace {

TEST_CASE("bytes of any length are copied, and nothing around them changes") {
  for (std::size_t size = 0; size <= 100; ++size) {
    std::string from;
    for (std::size_t i = 0; i < size; ++i) from += static_cast<char>(i + 1);
    std::string to(size + 2, '\xff');
    CopyShortBytes(from.data(), size, to.data() + 1);
    CHECK(to == '\xff' + from + '\xff');
  }
}

TEST_CASE("bytes of any length are the same if each of them is") {
  for (std::size_t size = 0; size <= 100; ++size) {
    const std::string a(size, 'a');
    std::string b = a;
    CHECK(SameShortBytes(a.data(), b.data(), size));
    for (char& byte : b) {
      byte = 'b';
      CHECK_FALSE(SameShortBytes(a.data(), b.data(), size));
      byte = 'a';
    }
  }
}

}  // namespace
}  // namespace tidemark
