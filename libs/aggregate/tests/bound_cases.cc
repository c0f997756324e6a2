#include "bound_cases.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace tidemark {
namespace {

const std::vector<Type>& ColumnTypes() {
  static const std::vector<Type> kTypes = {Type::Of(TypeKind::kBool),
                                           Type::Of(TypeKind::kInteger),
                                           Type::DecimalOf(0),
                                           Type::DecimalOf(3),
                                           Type::Of(TypeKind::kDouble),
                                           Type::Of(TypeKind::kString),
                                           Type::Of(TypeKind::kBytes),
                                           CallStateType(),
                                           Type::Of(TypeKind::kTimestamp),
                                           Type::ListOf(Type::Of(TypeKind::kInteger)),
                                           Type::ListOf(Type::Of(TypeKind::kString)),
                                           Type::ListOf(CallStateType())};
  return kTypes;
}

void TryBind(const AggregateFunction& aggregate, std::vector<Type> types,
             const std::vector<Value>& literals, std::vector<BoundCase>& cases) {
  const Result<BoundAggregate> bound = aggregate.bind(types, literals);
  if (!bound.ok()) return;
  std::string call(aggregate.info.name);
  call += '(';
  for (const Type& type : types) call += type.ToString() + std::to_string(type.scale) + ",";
  call += ')';
  std::vector<Value> constants;
  for (const Value& literal : literals) {
    if (!literal.is_null()) constants.push_back(literal);
  }
  types.resize(bound->column_arguments);
  cases.push_back({call, std::move(types), std::move(constants), *bound});
}

std::vector<BoundCase> MakeCases() {
  std::vector<BoundCase> cases;
  for (const AggregateFunction& aggregate : Aggregates()) {
    TryBind(aggregate, {}, {}, cases);
    for (const Type& type : ColumnTypes()) {
      TryBind(aggregate, {type}, {{}}, cases);
      TryBind(aggregate, {type, Type::DecimalOf(2)}, {{}, {Decimal{95, 2}}}, cases);
      TryBind(aggregate, {type, Type::Of(TypeKind::kInteger)}, {{}, {Int128{0}}}, cases);
      for (const Type& second : ColumnTypes()) TryBind(aggregate, {type, second}, {{}, {}}, cases);
    }
  }
  return cases;
}

}  // namespace

Type CallStateType() {
  static const auto kDomain = std::make_shared<const EnumDomain>(
      EnumDomain{.type_name = "test.CallState",
                 .entries = {{0, "CALL_STATE_UNSPECIFIED", "UNSPECIFIED"},
                             {1, "CALL_STATE_RINGING", "RINGING"},
                             {3, "CALL_STATE_COMPLETED", "COMPLETED"},
                             {4, "CALL_STATE_BUSY", "BUSY"}},
                 .zero_is_null = true});
  return {.kind = TypeKind::kEnum, .enumeration = kDomain};
}

const std::vector<BoundCase>& BoundCases() {
  static const std::vector<BoundCase> kCases = MakeCases();
  return kCases;
}

RandomRows::RandomRows(const BoundCase& bound_case, std::size_t rows, Random& random)
    : rows_(rows), spread_(random.Below(2) == 0 ? 5 : 700) {
  for (const Type& type : bound_case.arguments) {
    columns_.emplace_back(type);
    for (std::size_t i = 0; i < rows; ++i) Fill(columns_.back(), random);
  }
}

std::vector<const Column*> RandomRows::columns() const {
  std::vector<const Column*> columns;
  for (const Column& column : columns_) columns.push_back(&column);
  return columns;
}

void RandomRows::Fill(Column& column, Random& random) {
  if (column.type.kind == TypeKind::kList) {
    FillList(column, random);
  } else {
    FillCell(column, random);
  }
}

void RandomRows::FillList(Column& column, Random& random) {
  const std::uint64_t length = random.Below(4);
  for (std::uint64_t i = 0; i < length; ++i) FillCell(*column.elements, random);
  column.AppendNull();
}

std::int64_t RandomRows::AnyInteger(Random& random) const {
  const auto small = static_cast<std::int64_t>(random.Below(spread_));
  switch (random.Below(20)) {
    case 0:
      return 0;
    case 1:
      return -small;
    case 2:
      return std::numeric_limits<std::int64_t>::max() - small;
    case 3:
      return std::numeric_limits<std::int64_t>::min() + small;
    case 4:
      return static_cast<std::int64_t>(1) << random.Below(63);
    default:
      return small * small;
  }
}

void RandomRows::FillCell(Column& column, Random& random) {
  column.AppendNull();
  if (random.Below(8) == 0) return;
  column.valid.back() = 1;
  const std::int64_t integer = AnyInteger(random);
  switch (column.type.kind) {
    case TypeKind::kBool:
      column.integers.back() = integer & 1;
      break;
    case TypeKind::kEnum:
      column.integers.back() = integer & 7;
      break;
    case TypeKind::kDecimal:
      column.decimals.back() = random.Below(20) == 0 ? kInt128Max : static_cast<Int128>(integer);
      break;
    case TypeKind::kDouble: {
      static constexpr double kSpecial[] = {std::numeric_limits<double>::quiet_NaN(), -0.0, 1e300,
                                            5e-7, -std::numeric_limits<double>::infinity()};
      column.doubles.back() =
          random.Below(10) == 0 ? kSpecial[random.Below(5)] : static_cast<double>(integer) * 0.001;
      break;
    }
    case TypeKind::kString:
    case TypeKind::kBytes:
      texts_.push_back(std::to_string(integer & 0x7fffffff));
      if (random.Below(20) == 0) texts_.back().append(random.Below(400), '\xc3');
      column.strings.back() = texts_.back();
      break;
    default:
      column.integers.back() = integer;
  }
}

void StateBox::Update(const RandomRows& rows, const std::vector<std::uint32_t>& picked) {
  const std::vector<std::byte*> cells(picked.size(), bytes());
  const std::vector<const Column*> columns = rows.columns();
  function().update({.rows = picked,
                     .cells = cells,
                     .arguments = columns,
                     .parameters = case_->bound.state.parameters,
                     .arena = &arena_});
}

std::string StateBox::Encode() const {
  std::string encoded;
  ByteWriter writer(encoded);
  function().encode(bytes(), writer);
  return encoded;
}

Value StateBox::Finish() const {
  const Type argument = case_->arguments.empty() ? Type() : case_->arguments[0];
  return case_->bound.finish(bytes(), {.parameters = case_->bound.state.parameters,
                                       .argument = argument,
                                       .literals = case_->literals});
}

}  // namespace tidemark
