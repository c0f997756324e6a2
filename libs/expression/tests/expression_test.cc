#include "expression/expression.h"

#include <catch2/catch.hpp>

#include "scene.h"

namespace tidemark {
namespace {

const Type kInteger = Type::Of(TypeKind::kInteger);

TEST_CASE("an expression prints as canonical text with column numbers") {
  const auto state = ColumnOf(3, kInteger);
  CHECK(Make(Operator::kEqual, {state, IntegerLiteral(5)})->ToString() == "(#3 = 5)");
  CHECK(Make(Operator::kNotEqual, {state, NullLiteral()})->ToString() == "(#3 <> NULL)");
  CHECK(Make(Operator::kIn, {state, IntegerLiteral(1), IntegerLiteral(2)})->ToString() ==
        "(#3 IN (1, 2))");
  const auto known = Make(Operator::kIsNotNull, {state});
  CHECK(Make(Operator::kNot, {known})->ToString() == "(NOT (#3 IS NOT NULL))");
  CHECK(Make(Operator::kAnd, {known, known, known})->ToString() ==
        "((#3 IS NOT NULL) AND (#3 IS NOT NULL) AND (#3 IS NOT NULL))");
}

TEST_CASE("text literals are quoted so that no text imitates another expression") {
  const auto name = ColumnOf(0, Type::Of(TypeKind::kString));
  CHECK(Make(Operator::kEqual, {name, TextLiteral("O'Hara")})->ToString() == "(#0 = 'O''Hara')");
}

TEST_CASE("literals of different kinds print differently") {
  CHECK(IntegerLiteral(1)->ToString() == "1");
  CHECK(DecimalLiteral(1, 0)->ToString() == "1e-0");
  CHECK(Literal({true}, Type::Of(TypeKind::kBool))->ToString() == "TRUE");
  CHECK(TextLiteral("1")->ToString() == "'1'");
  CHECK(Literal({1.0}, Type::Of(TypeKind::kDouble))->ToString() == "double 1");
  CHECK(Literal({Value::Time{1}}, Type::Of(TypeKind::kTimestamp))->ToString() == "time 1");
  CHECK(Literal({Value::Bytes{"1"}}, Type::Of(TypeKind::kBytes))->ToString() == "bytes 31");
}

TEST_CASE("decimal literals keep every digit in their text") {
  CHECK(DecimalLiteral(123'456'789, 8)->ToString() == "123456789e-8");
}

}  // namespace
}  // namespace tidemark
