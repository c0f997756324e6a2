// Random expressions over random batches against an evaluation row by row that shares no code with
// the evaluator.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "expression/evaluator.h"
#include "scene.h"

namespace tidemark {
namespace {

const Type kBool = Type::Of(TypeKind::kBool);

// Columns 0..7. Few distinct values each, so that equality happens.
const std::vector<Type>& ColumnTypes() {
  static const std::vector<Type> kTypes = {
      Type::Of(TypeKind::kInteger),   Type::DecimalOf(0),          Type::DecimalOf(3),
      Type::Of(TypeKind::kDouble),    Type::Of(TypeKind::kString), Type::Of(TypeKind::kBool),
      Type::Of(TypeKind::kTimestamp), Type::Of(TypeKind::kBytes)};
  return kTypes;
}

enum class Family { kNumber, kText, kTruth, kTime, kBytes };

Family FamilyOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kString:
      return Family::kText;
    case TypeKind::kBytes:
      return Family::kBytes;
    case TypeKind::kBool:
      return Family::kTruth;
    case TypeKind::kTimestamp:
      return Family::kTime;
    default:
      return Family::kNumber;
  }
}

Value AnyValue(const Type& type) {
  if (*rc::gen::inRange(0, 5) == 0) return {};
  const int small = *rc::gen::inRange(-3, 4);
  const std::string text(static_cast<std::size_t>(small + 3),
                         *rc::gen::inRange(0, 2) == 0 ? 'a' : '\xf0');
  switch (type.kind) {
    case TypeKind::kString:
      return {text};
    case TypeKind::kBytes:
      return {Value::Bytes{text}};
    case TypeKind::kBool:
      return {small > 0};
    case TypeKind::kTimestamp:
      return {Value::Time{small}};
    case TypeKind::kDecimal:
      return {Decimal{static_cast<Int128>(small) * (type.scale == 0 ? 1 : 500), type.scale}};
    case TypeKind::kDouble:
      return {small == 3 ? std::nan("") : small * 0.5};
    default:
      return {static_cast<Int128>(small)};
  }
}

ExpressionPtr AnyLiteral(Family family) {
  static const std::vector<std::vector<std::size_t>> kColumns = {{0, 1, 2, 3}, {4}, {5}, {6}, {7}};
  const auto& columns = kColumns[static_cast<std::size_t>(family)];
  const Type type = ColumnTypes()[columns[*rc::gen::inRange<std::size_t>(0, columns.size())]];
  return Literal(AnyValue(type), type);
}

ExpressionPtr AnySide(Family family) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < ColumnTypes().size(); ++i) {
    if (FamilyOf(ColumnTypes()[i]) == family) columns.push_back(i);
  }
  if (*rc::gen::inRange(0, 3) == 0) return AnyLiteral(family);
  const std::size_t column = columns[*rc::gen::inRange<std::size_t>(0, columns.size())];
  return ColumnOf(column, ColumnTypes()[column]);
}

ExpressionPtr AnyCondition(int depth) {
  const int choice = *rc::gen::inRange(0, depth == 0 ? 3 : 7);
  const auto family = static_cast<Family>(*rc::gen::inRange(0, 5));
  if (choice == 0) return AnySide(Family::kTruth);
  if (choice == 1) {
    const auto op = static_cast<Operator>(*rc::gen::inRange(
        static_cast<int>(Operator::kEqual), static_cast<int>(Operator::kGreaterEqual) + 1));
    return Make(op, {AnySide(family), AnySide(family)});
  }
  if (choice == 2) {
    std::vector<ExpressionPtr> arguments = {AnySide(family)};
    const int literals = *rc::gen::inRange(1, 5);
    for (int i = 0; i < literals; ++i) arguments.push_back(AnyLiteral(family));
    return Make(Operator::kIn, arguments);
  }
  if (choice == 3) return Make(Operator::kNot, {AnyCondition(depth - 1)});
  if (choice == 4) return Make(Operator::kIsNull, {AnySide(family)});
  std::vector<ExpressionPtr> arguments;
  const int parts = *rc::gen::inRange(1, 4);
  for (int i = 0; i < parts; ++i) arguments.push_back(AnyCondition(depth - 1));
  return Make(choice == 5 ? Operator::kAnd : Operator::kOr, arguments);
}

using Row = std::vector<Value>;

// Numbers of these tests are multiples of 1/1000 and exact doubles, so a double is their common
// measure.
double Measure(const Value& value) {
  if (const auto* integer = std::get_if<Int128>(&value.content))
    return static_cast<double>(*integer);
  if (const auto* decimal = std::get_if<Decimal>(&value.content)) {
    return static_cast<double>(decimal->unscaled) / (decimal->scale == 0 ? 1 : 1000);
  }
  if (const auto* time = std::get_if<Value::Time>(&value.content))
    return static_cast<double>(time->ms);
  if (const auto* flag = std::get_if<bool>(&value.content)) return *flag ? 1 : 0;
  const double number = std::get<double>(value.content);
  return std::isnan(number) ? 1e9 : number;
}

int Order(const Value& a, const Value& b) {
  const auto text = [](const Value& value) -> std::optional<std::string> {
    if (const auto* string = std::get_if<std::string>(&value.content)) return *string;
    if (const auto* bytes = std::get_if<Value::Bytes>(&value.content)) return bytes->data;
    return std::nullopt;
  };
  if (text(a)) return *text(a) < *text(b) ? -1 : *text(a) == *text(b) ? 0 : 1;
  return Measure(a) < Measure(b) ? -1 : Measure(a) == Measure(b) ? 0 : 1;
}

Truth ToTruth(const Value& value) {
  return value.is_null() ? Truth() : Truth(std::get<bool>(value.content));
}
Value ToValue(Truth truth) { return truth ? Value{*truth} : Value{}; }

Truth CompareRow(Operator op, const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  const int order = Order(a, b);
  switch (op) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kNotEqual:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

// OR of Kleene's logic; AND follows from it by De Morgan.
Truth Any(const std::vector<Truth>& truths) {
  Truth result = false;
  for (const Truth& truth : truths) {
    if (truth == Truth(true)) return true;
    if (!truth) result = std::nullopt;
  }
  return result;
}
Truth Negate(Truth truth) { return truth ? Truth(!*truth) : Truth(); }

Value EvaluateRow(const Expression& expression, const Row& row) {
  if (expression.op == Operator::kColumn) return row[expression.column];
  if (expression.op == Operator::kLiteral) return expression.literal;
  std::vector<Value> values;
  for (const auto& argument : expression.arguments) values.push_back(EvaluateRow(*argument, row));
  std::vector<Truth> truths;
  switch (expression.op) {
    case Operator::kIsNull:
      return {values[0].is_null()};
    case Operator::kNot:
      return ToValue(Negate(ToTruth(values[0])));
    case Operator::kIn:
      for (std::size_t i = 1; i < values.size(); ++i) {
        truths.push_back(CompareRow(Operator::kEqual, values[0], values[i]));
      }
      return ToValue(Any(truths));
    case Operator::kOr:
      for (const Value& value : values) truths.push_back(ToTruth(value));
      return ToValue(Any(truths));
    case Operator::kAnd:
      for (const Value& value : values) truths.push_back(Negate(ToTruth(value)));
      return ToValue(Negate(Any(truths)));
    default:
      return ToValue(CompareRow(expression.op, values[0], values[1]));
  }
}

std::vector<Row> AnyRows() {
  std::vector<Row> rows(*rc::gen::inRange<std::size_t>(0, 20));
  for (Row& row : rows) {
    for (const Type& type : ColumnTypes()) row.push_back(AnyValue(type));
  }
  return rows;
}

std::vector<Column> ToColumns(const std::vector<Row>& rows) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < ColumnTypes().size(); ++i) {
    columns.emplace_back(ColumnTypes()[i]);
    for (const Row& row : rows) Append(columns.back(), row[i]);
  }
  return columns;
}

TEST_CASE("any condition over any batch equals its evaluation row by row, also when used again") {
  CHECK(rc::check([] {
    const ExpressionPtr expression = AnyCondition(3);
    Evaluator evaluator(expression);
    for (int batch = 0; batch < 3; ++batch) {
      const std::vector<Row> rows = AnyRows();
      const std::vector<Column> columns = ToColumns(rows);
      std::vector<Truth> expected;
      for (const Row& row : rows) expected.push_back(ToTruth(EvaluateRow(*expression, row)));
      RC_LOG() << expression->ToString();
      RC_ASSERT(Truths(evaluator.Evaluate(columns, rows.size()), rows.size()) == expected);
    }
  }));
}

TEST_CASE("a filter keeps exactly the rows of its selection that are TRUE row by row") {
  CHECK(rc::check([] {
    const ExpressionPtr expression = AnyCondition(2);
    const std::vector<Row> rows = AnyRows();
    Selection in;
    Selection expected;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      if (*rc::gen::inRange(0, 2) == 0) continue;
      in.push_back(i);
      if (ToTruth(EvaluateRow(*expression, rows[i])) == Truth(true)) expected.push_back(i);
    }
    Selection out;
    Evaluator(expression).Filter(ToColumns(rows), rows.size(), in, out);
    RC_ASSERT(out == expected);
  }));
}

}  // namespace
}  // namespace tidemark
