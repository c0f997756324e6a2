#include "expression/evaluator.h"

#include <catch2/catch.hpp>
#include <limits>

#include "expression/comparison.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kBool = Type::Of(TypeKind::kBool);
const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kDouble = Type::Of(TypeKind::kDouble);
const Type kString = Type::Of(TypeKind::kString);

std::vector<Column> OneColumn(const Type& type, const std::vector<Value>& cells) {
  std::vector<Column> columns;
  columns.emplace_back(type);
  for (const Value& cell : cells) Append(columns[0], cell);
  return columns;
}

std::vector<Truth> Evaluate(const ExpressionPtr& expression, const std::vector<Column>& columns) {
  const std::size_t rows = columns[0].size();
  return Truths(Evaluator(expression).Evaluate(columns, rows), rows);
}

constexpr Truth kNull = std::nullopt;

TEST_CASE("a comparison with NULL is NULL, whatever the literal's type") {
  const auto columns = OneColumn(kInteger, {{Int128{1}}, {}});
  const auto column = ColumnOf(0, kInteger);
  CHECK(Evaluate(Make(Operator::kEqual, {column, IntegerLiteral(1)}), columns) ==
        std::vector<Truth>{true, kNull});
  CHECK(Evaluate(Make(Operator::kNotEqual, {column, NullLiteral()}), columns) ==
        std::vector<Truth>{kNull, kNull});
  CHECK(Evaluate(Make(Operator::kEqual, {NullLiteral(), NullLiteral()}), columns) ==
        std::vector<Truth>{kNull, kNull});
}

TEST_CASE("AND, OR and NOT follow the nine and three cases of three-valued logic") {
  std::vector<Column> columns;
  columns.emplace_back(kBool);
  columns.emplace_back(kBool);
  const std::vector<Value> truths = {{true}, {false}, {}};
  for (const Value& a : truths) {
    for (const Value& b : truths) {
      Append(columns[0], a);
      Append(columns[1], b);
    }
  }
  const auto a = ColumnOf(0, kBool);
  const auto b = ColumnOf(1, kBool);
  CHECK(Evaluate(Make(Operator::kAnd, {a, b}), columns) ==
        std::vector<Truth>{true, false, kNull, false, false, false, kNull, false, kNull});
  CHECK(Evaluate(Make(Operator::kOr, {a, b}), columns) ==
        std::vector<Truth>{true, true, true, true, false, kNull, true, kNull, kNull});
  CHECK(Evaluate(Make(Operator::kNot, {b}), columns) ==
        std::vector<Truth>{false, true, kNull, false, true, kNull, false, true, kNull});
}

TEST_CASE("a NULL literal takes part in logic") {
  const auto columns = OneColumn(kBool, {{true}, {false}, {}});
  const auto column = ColumnOf(0, kBool);
  CHECK(Evaluate(Make(Operator::kAnd, {column, NullLiteral()}), columns) ==
        std::vector<Truth>{kNull, false, kNull});
  CHECK(Evaluate(Make(Operator::kOr, {NullLiteral(), column}), columns) ==
        std::vector<Truth>{true, kNull, kNull});
  CHECK(Evaluate(Make(Operator::kNot, {NullLiteral()}), columns) ==
        std::vector<Truth>{kNull, kNull, kNull});
}

TEST_CASE("IS NULL and IS NOT NULL are never NULL") {
  const auto columns = OneColumn(kString, {{std::string("x")}, {}});
  const auto column = ColumnOf(0, kString);
  CHECK(Evaluate(Make(Operator::kIsNull, {column}), columns) == std::vector<Truth>{false, true});
  CHECK(Evaluate(Make(Operator::kIsNotNull, {column}), columns) == std::vector<Truth>{true, false});
}

TEST_CASE("IN is NULL for a NULL value, and for a miss when a literal is NULL") {
  const auto columns = OneColumn(kInteger, {{Int128{1}}, {Int128{7}}, {}});
  const auto column = ColumnOf(0, kInteger);
  CHECK(Evaluate(Make(Operator::kIn, {column, IntegerLiteral(3), IntegerLiteral(1)}), columns) ==
        std::vector<Truth>{true, false, kNull});
  CHECK(Evaluate(Make(Operator::kIn, {column, NullLiteral(), IntegerLiteral(1)}), columns) ==
        std::vector<Truth>{true, kNull, kNull});
}

TEST_CASE("IN of text, of decimals and with mixed numbers finds what equality finds") {
  const std::vector<Value> names = {{std::string("b")}, {std::string("")}, {std::string("bb")}};
  const auto text = OneColumn(kString, names);
  CHECK(Evaluate(Make(Operator::kIn,
                      {ColumnOf(0, kString), TextLiteral("c"), TextLiteral("b"), TextLiteral("")}),
                 text) == std::vector<Truth>{true, true, false});
  const auto integers = OneColumn(kInteger, {{Int128{2}}, {Int128{3}}, {}});
  CHECK(Evaluate(Make(Operator::kIn,
                      {ColumnOf(0, kInteger), DecimalLiteral(25, 1), DecimalLiteral(20, 1)}),
                 integers) == std::vector<Truth>{true, false, kNull});
  CHECK(Evaluate(Make(Operator::kIn, {ColumnOf(0, kInteger), DecimalLiteral(20, 1), NullLiteral()}),
                 integers) == std::vector<Truth>{true, kNull, kNull});
}

TEST_CASE("integer literals beyond 64 bits compare exactly and equal no cell") {
  const auto columns = OneColumn(kInteger, {{Int128{std::numeric_limits<std::int64_t>::max()}}});
  const auto column = ColumnOf(0, kInteger);
  const auto huge = IntegerLiteral(static_cast<Int128>(1) << 64);
  CHECK(Evaluate(Make(Operator::kLess, {column, huge}), columns) == std::vector<Truth>{true});
  CHECK(Evaluate(Make(Operator::kIn, {column, huge}), columns) == std::vector<Truth>{false});
}

TEST_CASE("decimals of different scales compare exactly also where scaling would overflow") {
  const auto columns = OneColumn(Type::DecimalOf(0),
                                 {{Decimal{kInt128Max, 0}}, {Decimal{kInt128Min, 0}}, {Decimal{}}});
  const auto column = ColumnOf(0, Type::DecimalOf(0));
  const auto small = DecimalLiteral(kInt128Max, 30);
  CHECK(Evaluate(Make(Operator::kGreater, {column, small}), columns) ==
        std::vector<Truth>{true, false, false});
  CHECK(Evaluate(Make(Operator::kGreater, {small, column}), columns) ==
        std::vector<Truth>{false, true, true});
  CHECK(Evaluate(Make(Operator::kEqual, {column, DecimalLiteral(0, 200)}), columns) ==
        std::vector<Truth>{false, false, true});
}

TEST_CASE("a double compares with a decimal as the nearest double does") {
  const auto columns = OneColumn(kDouble, {{4.2}, {4.200000000000001}});
  const auto column = ColumnOf(0, kDouble);
  CHECK(Evaluate(Make(Operator::kEqual, {column, DecimalLiteral(42, 1)}), columns) ==
        std::vector<Truth>{true, false});
  CHECK(Evaluate(Make(Operator::kLess, {DecimalLiteral(42, 1), column}), columns) ==
        std::vector<Truth>{false, true});
  CHECK(Evaluate(Make(Operator::kGreater, {column, IntegerLiteral(4)}), columns) ==
        std::vector<Truth>{true, true});
}

TEST_CASE("NaN equals itself and is above infinity, and both zeros are equal") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto columns = OneColumn(kDouble, {{nan}, {infinity}, {-0.0}});
  const auto column = ColumnOf(0, kDouble);
  const auto above = [&](double bound) {
    return Make(Operator::kGreater, {column, Literal({bound}, kDouble)});
  };
  CHECK(Evaluate(above(infinity), columns) == std::vector<Truth>{true, false, false});
  CHECK(Evaluate(Make(Operator::kEqual, {column, column}), columns) ==
        std::vector<Truth>{true, true, true});
  CHECK(Evaluate(Make(Operator::kEqual, {column, Literal({0.0}, kDouble)}), columns) ==
        std::vector<Truth>{false, false, true});
}

TEST_CASE("text orders by unsigned bytes, a prefix first") {
  const std::vector<Value> cells = {
      {std::string("a")}, {std::string("\xc3\xa9")}, {std::string("ab")}};
  const auto columns = OneColumn(kString, cells);
  CHECK(Evaluate(Make(Operator::kLess, {ColumnOf(0, kString), TextLiteral("ab")}), columns) ==
        std::vector<Truth>{true, false, false});
}

TEST_CASE("the nearest double is the correctly rounded one on the fast and the slow path") {
  CHECK(NearestDouble(1, 1) == 0.1);
  CHECK(NearestDouble(-42, 1) == -4.2);
  CHECK(NearestDouble((static_cast<Int128>(1) << 53) + 1, 0) == 9007199254740992.0);
  CHECK(NearestDouble((static_cast<Int128>(1) << 53) + 3, 0) == 9007199254740996.0);
  CHECK(NearestDouble(kInt128Min, 38) == -1.70141183460469231731687303715884105728);
  CHECK(NearestDouble(kInt128Max, 255) == 1.7014118346046923e-217);
}

TEST_CASE("a filter keeps the rows of the selection that are TRUE, not those that are NULL") {
  const auto columns = OneColumn(kInteger, {{Int128{1}}, {}, {Int128{3}}, {Int128{4}}});
  Evaluator evaluator(Make(Operator::kGreater, {ColumnOf(0, kInteger), IntegerLiteral(0)}));
  Selection out = {99};
  evaluator.Filter(columns, 4, {0, 1, 3}, out);
  CHECK(out == Selection{0, 3});
  evaluator.Filter(columns, 4, {}, out);
  CHECK(out.empty());
}

TEST_CASE("a column reference is the batch's column itself") {
  const auto columns = OneColumn(kInteger, {{Int128{1}}});
  Evaluator evaluator(ColumnOf(0, kInteger));
  CHECK(&evaluator.Evaluate(columns, 1) == &columns[0]);
}

TEST_CASE("literals reach batches longer than any before") {
  std::vector<Column> columns;
  columns.emplace_back(kInteger);
  Evaluator evaluator(Make(Operator::kEqual, {ColumnOf(0, kInteger), IntegerLiteral(7)}));
  for (const std::size_t rows : {std::size_t{1}, kBatchRows, 3 * kBatchRows}) {
    columns[0].Resize(rows);
    std::fill(columns[0].valid.begin(), columns[0].valid.end(), std::uint8_t{1});
    std::fill(columns[0].integers.begin(), columns[0].integers.end(), 7);
    CHECK(Truths(evaluator.Evaluate(columns, rows), rows) == std::vector<Truth>(rows, true));
  }
}

}  // namespace
}  // namespace tidemark
