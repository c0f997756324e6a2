#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "bound_cases.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);
const Type kString = Type::Of(TypeKind::kString);

TEST_CASE("min and max leave NULL out and are NULL without a value") {
  CHECK(Fold("min", {kInteger}).Rows({kNull, I(3), I(-2)}).Json() == "-2");
  CHECK(Fold("max", {kInteger}).Rows({kNull, I(-3), I(-2)}).Json() == "-2");
  CHECK(Fold("min", {kInteger}).Rows({kNull}).Json() == "null");
  CHECK(Fold("max", {kString}).Json() == "null");
}

TEST_CASE("zero and the empty text are values, not the absence of one") {
  CHECK(Fold("min", {kInteger}).Rows({I(0)}).Json() == "0");
  CHECK(Fold("max", {kInteger}).Rows({I(-5), I(0)}).Json() == "0");
  CHECK(Fold("min", {kString}).Rows({S("a"), S("")}).Json() == "\"\"");
  CHECK(Fold("max", {kString}).Rows({S("")}).Json() == "\"\"");
}

TEST_CASE("results have the type of the argument") {
  const Type time = Type::Of(TypeKind::kTimestamp);
  CHECK(Fold("max", {time}).Rows({{Value::Time{5}}, {Value::Time{7}}}).Result() ==
        Value{Value::Time{7}});
  CHECK(Fold("min", {Type::DecimalOf(2)}).Rows({D(150, 2), D(25, 2)}).Result() == D(25, 2));
  CHECK(Fold("min", {kDouble}).Rows({{4.25}, {4.5}}).Result() == Value{4.25});
  const Value bytes{Value::Bytes{"\xff"}};
  CHECK(Fold("max", {Type::Of(TypeKind::kBytes)}).Rows({bytes, {Value::Bytes{"a"}}}).Result() ==
        bytes);
}

TEST_CASE("a double that is no number is NULL and counted, and minus zero is zero") {
  Fold least("min", {kDouble});
  least.Rows({{std::nan("")}, {-std::numeric_limits<double>::infinity()}, {-0.0}});
  CHECK(least.Json() == "0");
  CHECK_FALSE(std::signbit(std::get<double>(least.Result().content)));
  CHECK(least.Nullified() == 2);
}

TEST_CASE(
    "text is ordered by unsigned bytes and survives being replaced by longer and shorter text") {
  const std::string accented = "\xc3\xa9";
  const std::string longer(100, 'z');
  CHECK(Fold("max", {kString}).Rows({S("a"), S(longer), S(accented)}).Result() == S(accented));
  CHECK(Fold("min", {kString}).Rows({S(longer), S(longer.substr(1)), S("b"), S(longer)}).Result() ==
        S("b"));
}

TEST_CASE("min and max of what has no order are refused with what to write") {
  CHECK(BindError("min", {Type::Of(TypeKind::kBool)}) ==
        "min(x): x must be a number, text, bytes or a timestamp, got boolean; write counts(x) to "
        "see its values");
  CHECK(BindError("max", {CallStateType()}) ==
        "max(x): x must be a number, text, bytes or a timestamp, got enum CallState; "
        "write counts(x) to see its values");
  CHECK(BindError("max", {kInteger, kInteger}) == "max(x) takes 1 argument, got 2");
}

}  // namespace
}  // namespace tidemark
