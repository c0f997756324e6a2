#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>

#include "base/random.h"
#include "bound_cases.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kString = Type::Of(TypeKind::kString);

TEST_CASE("counts of nothing is an empty object") {
  CHECK(Fold("counts", {kString}).Json() == "{}");
  CHECK(Fold("counts", {kString}).Rows({kNull}).Json() == "{}");
  CHECK(Fold("counts", {Type::ListOf(kString)}).Row({{ValueList{}}}).Json() == "{}");
}

TEST_CASE("counts names enum values, unknown ones by their number, sorted by name") {
  CHECK(Fold("counts", {CallStateType()}).Rows({I(4), I(3), I(17), I(4), kNull}).Json() ==
        "{\"BUSY\":2,\"COMPLETED\":1,\"UNKNOWN(17)\":1}");
}

TEST_CASE("counts takes each element of an array, as often as it is there") {
  Fold counts("counts", {Type::ListOf(CallStateType())});
  counts.Row({{ValueList{I(3), I(3), I(1)}}}).Row({{ValueList{I(1)}}});
  CHECK(counts.Json() == R"({"COMPLETED":2,"RINGING":2})");
}

TEST_CASE("counts of booleans and integers print their values as names") {
  CHECK(Fold("counts", {Type::Of(TypeKind::kBool)}).Rows({{true}, {false}, {true}}).Json() ==
        R"({"false":1,"true":2})");
  CHECK(Fold("counts", {kInteger}).Rows({I(10), I(-1), I(9), I(9)}).Json() ==
        R"({"-1":1,"10":1,"9":2})");
}

TEST_CASE("256 values are listed, of more the smallest, and the rest is other") {
  Fold counts("counts", {kInteger});
  for (int value = 255; value >= 0; --value) counts.Row({I(value)});
  CHECK(counts.Json().find("__other__") == std::string::npos);
  counts.Row({I(-1)}).Row({I(255)}).Row({I(1'000)});
  const std::string json = counts.Json();
  CHECK(json.find("\"__other__\":3") != std::string::npos);
  CHECK(json.find("\"-1\":1") != std::string::npos);
  CHECK(json.find("\"255\":") == std::string::npos);
  CHECK(json.find("\"254\":1") != std::string::npos);
}

TEST_CASE("a text of 256 bytes is listed, a longer one counts as other") {
  Fold counts("counts", {kString});
  counts.Rows({S(std::string(257, 'x')), S("a"), S(std::string(256, 'y'))});
  CHECK(counts.Json() == "{\"__other__\":1,\"a\":1,\"" + std::string(256, 'y') + "\":1}");
}

TEST_CASE("a text that reads __other__ joins the others under one name") {
  CHECK(Fold("counts", {kString}).Rows({S("__other__"), S(std::string(300, 'x'))}).Json() ==
        R"({"__other__":2})");
}

TEST_CASE("the listed values are the 256 smallest by bytes with their exact counts") {
  CHECK(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    Fold counts("counts", {kString});
    std::map<std::string, int> exact;
    for (int i = 0; i < 2'000; ++i) {
      const std::string value = std::to_string(random.Below(600));
      counts.Row({S(value)});
      ++exact[value];
    }
    const Value result = counts.Result();
    const auto& object = std::get<ValueObject>(result.content);
    int listed = 0;
    auto expected = exact.begin();
    for (const auto& [name, count] : object) {
      if (name == "__other__") continue;
      RC_ASSERT(name == expected->first);
      RC_ASSERT(count == I(expected->second));
      listed += expected->second;
      ++expected;
    }
    RC_ASSERT(object.size() == 257U);
    RC_ASSERT(object.back() == (ObjectField{"__other__", I(2'000 - listed)}));
  }));
}

TEST_CASE("counts of what has no names is refused") {
  CHECK(BindError("counts", {Type::Of(TypeKind::kDouble)}) ==
        "counts(x): x must be an enum, string, boolean, integer or an array of them, got double");
  CHECK(BindError("counts", {Type::ListOf(Type::Of(TypeKind::kBytes))}) ==
        "counts(x): x must be an enum, string, boolean, integer or an array of them, got array of "
        "bytes");
}

}  // namespace
}  // namespace tidemark
