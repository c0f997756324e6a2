// Short ways to build columns and expressions in tests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expression/evaluator.h"

namespace tidemark {

inline ExpressionPtr Make(Operator op, std::vector<ExpressionPtr> arguments) {
  Expression expression;
  expression.op = op;
  expression.type = Type::Of(TypeKind::kBool);
  expression.arguments = std::move(arguments);
  return std::make_shared<const Expression>(std::move(expression));
}

inline ExpressionPtr ColumnOf(std::size_t column, Type type) {
  Expression expression;
  expression.op = Operator::kColumn;
  expression.column = column;
  expression.type = std::move(type);
  return std::make_shared<const Expression>(std::move(expression));
}

inline ExpressionPtr Literal(Value value, Type type) {
  Expression expression;
  expression.op = Operator::kLiteral;
  expression.literal = std::move(value);
  expression.type = std::move(type);
  return std::make_shared<const Expression>(std::move(expression));
}

inline ExpressionPtr IntegerLiteral(Int128 value) {
  return Literal({value}, Type::Of(TypeKind::kInteger));
}
inline ExpressionPtr DecimalLiteral(Int128 unscaled, std::uint8_t scale) {
  return Literal({Decimal{unscaled, scale}}, Type::DecimalOf(scale));
}
inline ExpressionPtr TextLiteral(std::string text) {
  return Literal({std::move(text)}, Type::Of(TypeKind::kString));
}
inline ExpressionPtr NullLiteral() { return Literal({}, Type::Of(TypeKind::kString)); }

// Appends one cell; NULL for a NULL value. Views of `value` stay in the column.
inline void Append(Column& column, const Value& value) {
  column.AppendNull();
  if (value.is_null()) return;
  column.valid.back() = 1;
  if (const auto* flag = std::get_if<bool>(&value.content)) column.integers.back() = *flag ? 1 : 0;
  if (const auto* time = std::get_if<Value::Time>(&value.content))
    column.integers.back() = time->ms;
  if (const auto* decimal = std::get_if<Decimal>(&value.content))
    column.decimals.back() = decimal->unscaled;
  if (const auto* number = std::get_if<double>(&value.content)) column.doubles.back() = *number;
  if (const auto* text = std::get_if<std::string>(&value.content)) column.strings.back() = *text;
  if (const auto* bytes = std::get_if<Value::Bytes>(&value.content))
    column.strings.back() = bytes->data;
  if (const auto* integer = std::get_if<Int128>(&value.content)) {
    column.integers.back() = static_cast<std::int64_t>(*integer);
  }
}

using Truth = std::optional<bool>;

inline std::vector<Truth> Truths(const Column& column, std::size_t rows) {
  std::vector<Truth> truths;
  for (std::size_t row = 0; row < rows; ++row) {
    truths.push_back(column.valid[row] == 0 ? Truth() : Truth(column.integers[row] == 1));
  }
  return truths;
}

}  // namespace tidemark
