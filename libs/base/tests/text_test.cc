#include "base/text.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>

namespace tidemark {
namespace {

TEST_CASE("the nearest candidate is suggested only when it is near") {
  const std::array<std::string_view, 3> names = {"account_sid", "call_sid", "carrier_sid"};
  CHECK(Nearest("acount_sid", names) == "account_sid");
  CHECK(Nearest("zzz", names).empty());
}

TEST_CASE("a separator stands between items, also between empty ones, and nowhere else") {
  CHECK(Join(std::vector<std::string>{}, ", ").empty());
  CHECK(Join(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(Join(std::vector<int>{1, -2, 3}, ", ") == "1, -2, 3");
  CHECK(Join(std::vector<std::string_view>{"", "b", ""}, ",") == ",b,");
  const std::map<std::string, int> counts = {{"a", 1}, {"b", 2}};
  CHECK(Join(counts, " or ", &std::map<std::string, int>::value_type::first) == "a or b");
  CHECK(Join(counts, ";", [](const auto& at) { return StrCat(at.first, "=", at.second); }) ==
        "a=1;b=2");
}

TEST_CASE("UTF-8 refuses overlong forms, surrogates and truncation") {
  CHECK(IsUtf8("plain ascii, long enough"));
  CHECK(IsUtf8("gr\xc3\xbc\xc3\x9f"));
  CHECK_FALSE(IsUtf8("\xc0\xaf"));
  CHECK_FALSE(IsUtf8("\xed\xa0\x80"));
  CHECK_FALSE(IsUtf8("\xf4\x90\x80\x80"));
  CHECK_FALSE(IsUtf8("abc\xe2\x82"));
}

}  // namespace
}  // namespace tidemark
