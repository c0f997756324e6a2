// Short ways to bind, feed and finish an aggregate in tests.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "aggregate/aggregate.h"

namespace tidemark {

inline const Value kNull{};
inline Value I(Int128 value) { return {value}; }
inline Value D(Int128 unscaled, std::uint8_t scale) { return {Decimal{unscaled, scale}}; }
inline Value S(std::string text) { return {std::move(text)}; }

// Appends one cell or list. Views of `value` stay in the column.
inline void Append(Column& column, const Value& value) {
  if (const auto* list = std::get_if<ValueList>(&value.content)) {
    for (const Value& element : *list) Append(*column.elements, element);
  }
  column.AppendNull();
  if (column.type.kind == TypeKind::kList || value.is_null()) return;
  column.valid.back() = 1;
  if (const auto* flag = std::get_if<bool>(&value.content)) column.integers.back() = *flag ? 1 : 0;
  if (const auto* time = std::get_if<Value::Time>(&value.content))
    column.integers.back() = time->ms;
  if (const auto* number = std::get_if<double>(&value.content)) column.doubles.back() = *number;
  if (const auto* text = std::get_if<std::string>(&value.content)) column.strings.back() = *text;
  if (const auto* bytes = std::get_if<Value::Bytes>(&value.content))
    column.strings.back() = bytes->data;
  if (const auto* decimal = std::get_if<Decimal>(&value.content))
    column.decimals.back() = decimal->unscaled;
  if (const auto* integer = std::get_if<Int128>(&value.content)) {
    if (column.type.kind == TypeKind::kDecimal) {
      column.decimals.back() = *integer;
    } else {
      column.integers.back() = static_cast<std::int64_t>(*integer);
    }
  }
}

// One aggregate over the rows it is given.
class Fold {
 public:
  // `literals` are the constants after the columns; they print as JSON types of their own.
  Fold(std::string_view name, std::vector<Type> columns, std::vector<Value> literals = {})
      : argument_(columns.empty() ? Type() : columns[0]), literals_(std::move(literals)) {
    std::vector<Type> types = columns;
    std::vector<Value> values(columns.size());
    for (const Value& literal : literals_) {
      types.push_back(std::holds_alternative<Int128>(literal.content)
                          ? Type::Of(TypeKind::kInteger)
                          : Type::Of(TypeKind::kDecimal));
      values.push_back(literal);
    }
    bound_ = FindAggregate(name)->bind(types, values).value();
    words_.resize(bound_.state.function->size / 8);
    for (const Type& type : columns) columns_.emplace_back(type);
  }

  // Values of one row, one for each column.
  Fold& Row(std::initializer_list<Value> values) {
    std::size_t i = 0;
    for (Column& column : columns_) {
      column.Clear();
      Append(column, values.begin()[i++]);
    }
    std::vector<const Column*> arguments;
    for (const Column& column : columns_) arguments.push_back(&column);
    const std::vector<std::uint32_t> rows = {0};
    const std::vector<std::byte*> cells = {bytes()};
    bound_.state.function->update({.rows = rows,
                                   .cells = cells,
                                   .arguments = arguments,
                                   .parameters = bound_.state.parameters,
                                   .arena = &arena_});
    return *this;
  }
  // One row for each value, of an aggregate over one column.
  Fold& Rows(const std::vector<Value>& values) {
    for (const Value& value : values) Row({value});
    return *this;
  }

  Value Result() {
    return bound_.finish(
        bytes(),
        {.parameters = bound_.state.parameters, .argument = argument_, .literals = literals_});
  }
  std::string Json() {
    std::string out;
    AppendJson(Result(), out);
    return out;
  }
  std::string Encode() {
    std::string encoded;
    ByteWriter writer(encoded);
    bound_.state.function->encode(bytes(), writer);
    return encoded;
  }
  // False if `encoded` is not exactly one encoded state.
  bool MergeEncoded(std::string_view encoded) {
    ByteReader in(encoded);
    return bound_.state.function->merge_encoded(bytes(), in, arena_) && in.at_end();
  }
  std::uint64_t Nullified() { return bound_.state.function->nullified(bytes()); }
  const BoundAggregate& bound() const { return bound_; }

 private:
  std::byte* bytes() { return reinterpret_cast<std::byte*>(words_.data()); }

  Type argument_;
  std::vector<Value> literals_;
  BoundAggregate bound_;
  std::vector<std::uint64_t> words_;
  std::vector<Column> columns_;
  StateArena arena_;
};

// The error of binding `name` to types and literals (NULL Value for columns).
inline std::string BindError(std::string_view name, std::vector<Type> types,
                             std::vector<Value> literals = {}) {
  literals.resize(types.size());
  const Result<BoundAggregate> bound = FindAggregate(name)->bind(types, literals);
  return bound.ok() ? "" : bound.status().message();
}

}  // namespace tidemark
