// percent, asr, aloc and ratio.
#include <catch2/catch.hpp>
#include <limits>

#include "bound_cases.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kBool = Type::Of(TypeKind::kBool);
const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);
const Type kDecimal = Type::DecimalOf(2);

TEST_CASE("percent is of the rows in which the condition is not NULL") {
  CHECK(Fold("percent", {kBool}).Rows({{true}, {false}, {false}, kNull}).Json() == "33.333333");
  CHECK(Fold("percent", {kBool}).Rows({{true}}).Json() == "100");
  CHECK(Fold("percent", {kBool}).Rows({{false}}).Json() == "0");
  CHECK(Fold("percent", {kBool}).Rows({kNull}).Json() == "null");
}

TEST_CASE("asr is the share of COMPLETED among rows with a state, unknown numbers included") {
  CHECK(Fold("asr", {CallStateType()}).Rows({I(3), I(1), I(17), I(3), kNull}).Json() == "50");
  CHECK(Fold("asr", {CallStateType()}).Rows({kNull}).Json() == "null");
}

TEST_CASE("aloc divides by connected calls only and answers in seconds") {
  CHECK(Fold("aloc", {kInteger}).Rows({I(60'000), I(0), I(30'000), kNull}).Json() == "45");
  CHECK(Fold("aloc", {kInteger}).Rows({I(0), kNull}).Json() == "null");
  CHECK(Fold("aloc", {kDouble}).Rows({{1'500.5}}).Json() == "1.5005");
  CHECK(Fold("aloc", {kDecimal}).Rows({D(150'050, 2)}).Json() == "1.5005");
}

TEST_CASE("ratio divides the sums, each over its own rows") {
  Fold ratio("ratio", {kInteger, kDecimal});
  ratio.Row({I(1), D(150, 2)}).Row({I(2), kNull}).Row({kNull, D(50, 2)});
  CHECK(ratio.Json() == "1.5");
  CHECK(Fold("ratio", {kInteger, kInteger}).Row({I(1), I(3)}).Result() ==
        D(333'333'333'333'333'333LL, 18));
}

TEST_CASE("ratio is NULL when the divisor is zero or a side has no rows") {
  CHECK(Fold("ratio", {kInteger, kInteger}).Row({I(1), I(0)}).Json() == "null");
  CHECK(Fold("ratio", {kInteger, kInteger}).Row({kNull, I(1)}).Json() == "null");
  CHECK(Fold("ratio", {kInteger, kInteger}).Row({I(0), I(1)}).Json() == "0");
}

TEST_CASE("ratio counts doubles that are no numbers on either side") {
  const double infinity = std::numeric_limits<double>::infinity();
  Fold ratio("ratio", {kDouble, kDouble});
  ratio.Row({{infinity}, {2.0}}).Row({{3.0}, {infinity}});
  CHECK(ratio.Json() == "1.5");
  CHECK(ratio.Nullified() == 2);
}

TEST_CASE("a percentage of something other than a condition is refused with what to write") {
  CHECK(BindError("percent", {CallStateType()}) ==
        "percent(condition): the condition must be true or false, got enum CallState; "
        "write a comparison, as in percent(state = 'BUSY')");
}

TEST_CASE("asr of a column without a value COMPLETED is refused with what to pass") {
  CHECK(BindError("asr", {Type::Of(TypeKind::kString)}) ==
        "asr(state): state must be an enum with a value COMPLETED, got string; "
        "for anything else write percent(condition)");
  const auto domain = std::make_shared<const EnumDomain>(
      EnumDomain{.type_name = "test.Direction", .entries = {{1, "DIRECTION_INBOUND", "INBOUND"}}});
  CHECK(BindError("asr", {{.kind = TypeKind::kEnum, .enumeration = domain}}) ==
        "asr(state): enum Direction has no value COMPLETED; pass the field that holds the call's "
        "final state");
}

TEST_CASE("aloc and ratio of what is no number are refused") {
  CHECK(BindError("aloc", {kBool}) == "aloc(ms): ms must be a number, got boolean");
  CHECK(BindError("ratio", {kInteger, kBool}) == "ratio(a, b): b must be a number, got boolean");
  CHECK(BindError("ratio", {kInteger}) == "ratio(a, b) takes 2 arguments, got 1");
}

}  // namespace
}  // namespace tidemark
