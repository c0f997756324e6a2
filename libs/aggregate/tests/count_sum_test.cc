#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);

TEST_CASE("count(*) counts rows, count(x) those that are not NULL") {
  CHECK(Fold("count", {}).Row({}).Row({}).Json() == "2");
  CHECK(Fold("count", {kInteger}).Rows({I(1), kNull, I(0)}).Json() == "2");
  CHECK(Fold("count", {Type::ListOf(kInteger)}).Row({{ValueList{}}}).Json() == "1");
  CHECK(Fold("count", {}).Json() == "0");
}

TEST_CASE("sum and avg leave NULL out and are NULL without a value") {
  CHECK(Fold("sum", {kInteger}).Rows({I(1), kNull, I(3)}).Json() == "4");
  CHECK(Fold("avg", {kInteger}).Rows({I(1), kNull, I(4)}).Json() == "2.5");
  CHECK(Fold("sum", {kInteger}).Rows({kNull}).Json() == "null");
  CHECK(Fold("avg", {kInteger}).Json() == "null");
  CHECK(Fold("sum", {kInteger}).Rows({I(5), I(-5)}).Json() == "0");
}

TEST_CASE("a sum of integers exceeds 64 bits and prints in full") {
  const Value most = I(std::numeric_limits<std::int64_t>::max());
  CHECK(Fold("sum", {kInteger}).Rows({most, most, most}).Json() == "27670116110564327421");
  const Value least = I(std::numeric_limits<std::int64_t>::min());
  CHECK(Fold("sum", {kInteger}).Rows({least, least}).Json() == "-18446744073709551616");
  CHECK(Fold("avg", {kInteger}).Rows({least, least}).Json() == "-9223372036854775808");
}

TEST_CASE("decimals keep their scale in a sum and 18 digits in a mean") {
  const Type cents = Type::DecimalOf(2);
  CHECK(Fold("sum", {cents}).Rows({D(150, 2), D(25, 2)}).Result() == D(175, 2));
  CHECK(Fold("avg", {cents}).Rows({D(100, 2), D(0, 2), D(0, 2)}).Result() ==
        D(333'333'333'333'333'333LL, 18));
}

TEST_CASE(
    "a decimal sum beyond 128 bits is NULL, and is not when later rows bring it back, in any "
    "order") {
  const Type wide = Type::DecimalOf(0);
  CHECK(Fold("sum", {wide}).Rows({I(kInt128Max), I(1)}).Json() == "null");
  CHECK(Fold("sum", {wide}).Rows({I(kInt128Max), I(1), I(-1)}).Result() == D(kInt128Max, 0));
  CHECK(Fold("sum", {wide}).Rows({I(kInt128Min), I(-1), I(1)}).Result() == D(kInt128Min, 0));
  CHECK(Fold("avg", {wide}).Rows({I(kInt128Max), I(kInt128Max)}).Json() == "null");
}

TEST_CASE("doubles are summed as fixed point of 6 digits or as many as said") {
  CHECK(Fold("sum", {kDouble}).Rows({{0.1}, {0.2}}).Json() == "0.3");
  CHECK(Fold("sum", {kDouble}).Rows({{0.0000004}, {0.0000004}}).Json() == "0");
  CHECK(Fold("sum", {kDouble}, {I(7)}).Rows({{0.0000004}, {0.0000006}}).Json() == "0.000001");
  CHECK(Fold("sum", {kDouble}, {I(0)}).Rows({{0.5}, {1.5}}).Json() == "2");
  CHECK(Fold("avg", {kDouble}).Rows({{1.0}, {2.0}}).Json() == "1.5");
}

TEST_CASE("doubles that are no numbers are NULL and counted") {
  Fold sum("sum", {kDouble});
  sum.Rows({{std::nan("")}, {1.0}, {std::numeric_limits<double>::infinity()}, {1e200}, kNull});
  CHECK(sum.Json() == "1");
  CHECK(sum.Nullified() == 3);
}

TEST_CASE("sum and avg of the same column share a state, sums with other digits do not") {
  const Fold sum("sum", {kDouble});
  const Fold avg("avg", {kDouble});
  const Fold fine("sum", {kDouble}, {I(9)});
  CHECK(sum.bound().state.function == avg.bound().state.function);
  CHECK(sum.bound().state.parameters == avg.bound().state.parameters);
  CHECK_FALSE(sum.bound().state.parameters == fine.bound().state.parameters);
}

TEST_CASE("calls of count, sum and avg that cannot be bound say what would be right") {
  CHECK(BindError("count", {kInteger, kInteger}) ==
        "count takes * or one argument; count several columns one by one");
  CHECK(BindError("sum", {}) == "sum(x) takes 1 argument, got 0");
  CHECK(BindError("sum", {Type::Of(TypeKind::kString)}) ==
        "sum(x): x must be a number, got string");
  CHECK(BindError("avg", {Type::Of(TypeKind::kBool)}) == "avg(x): x must be a number, got boolean");
  CHECK(BindError("sum", {kInteger, kInteger}, {kNull, I(2)}) ==
        "sum(x, digits): digits are for double inputs, x is integer; write sum(x)");
  CHECK(BindError("sum", {kDouble, kInteger}, {kNull, I(19)}) ==
        "sum(x, digits): digits must be a constant from 0 to 18, got 19");
  CHECK(BindError("sum", {kDouble, kInteger}) ==
        "sum(x, digits): digits must be a constant from 0 to 18, got an expression");
}

}  // namespace
}  // namespace tidemark
