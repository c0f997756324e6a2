// Nanoseconds per row of conditions over batches of 1,024 rows.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "cpu_time.h"
#include "expression/evaluator.h"

namespace tidemark {
namespace {

constexpr int kBatches = 20'000;
constexpr double kTotalRows = static_cast<double>(kBatches) * kBatchRows;

const Type kInteger = Type::Of(TypeKind::kInteger);
const Type kString = Type::Of(TypeKind::kString);
const Type kDouble = Type::Of(TypeKind::kDouble);

ExpressionPtr Make(Operator op, std::vector<ExpressionPtr> arguments) {
  Expression expression;
  expression.op = op;
  expression.type = Type::Of(TypeKind::kBool);
  expression.arguments = std::move(arguments);
  return std::make_shared<const Expression>(std::move(expression));
}

ExpressionPtr ColumnOf(std::size_t column, const Type& type) {
  Expression expression;
  expression.op = Operator::kColumn;
  expression.column = column;
  expression.type = type;
  return std::make_shared<const Expression>(std::move(expression));
}

ExpressionPtr Literal(Value value, const Type& type) {
  Expression expression;
  expression.literal = std::move(value);
  expression.type = type;
  return std::make_shared<const Expression>(std::move(expression));
}

// A small integer, a country code and a double; one row in eight is NULL.
std::vector<Column> MakeColumns() {
  static const std::vector<std::string> kCountries = {"DE", "US", "GB", "BR", "IN", "JP"};
  Random random(1);
  std::vector<Column> columns;
  for (const Type& type : {kInteger, kString, kDouble}) {
    columns.emplace_back(type);
    columns.back().Resize(kBatchRows);
  }
  for (std::size_t row = 0; row < kBatchRows; ++row) {
    for (Column& column : columns) column.valid[row] = random.Below(8) == 0 ? 0 : 1;
    columns[0].integers[row] = random.Between(0, 8);
    columns[1].strings[row] = kCountries[random.Below(kCountries.size())];
    columns[2].doubles[row] = random.Unit() * 5;
  }
  return columns;
}

void Measure(const char* name, const ExpressionPtr& expression) {
  const std::vector<Column> columns = MakeColumns();
  Evaluator evaluator(expression);
  Selection all(kBatchRows);
  for (std::size_t row = 0; row < kBatchRows; ++row) all[row] = static_cast<std::uint32_t>(row);
  Selection kept;
  evaluator.Filter(columns, kBatchRows, all, kept);
  const std::size_t expected = kept.size();
  std::size_t total = 0;
  const double begin = CpuNanoseconds();
  for (int batch = 0; batch < kBatches; ++batch) {
    evaluator.Filter(columns, kBatchRows, all, kept);
    total += kept.size();
  }
  const double spent = CpuNanoseconds() - begin;
  TM_CHECK(total == expected * kBatches, "every batch gives the same rows");
  std::printf("%-34s %7.2f ns/row  %zu of %zu rows\n", name, spent / kTotalRows, expected,
              kBatchRows);
}

int Main() {
  const auto state = ColumnOf(0, kInteger);
  const auto country = ColumnOf(1, kString);
  const auto mos = ColumnOf(2, kDouble);
  const auto number = [](int value) { return Literal({Int128{value}}, kInteger); };
  const auto text = [](const char* value) { return Literal({std::string(value)}, kString); };
  const auto completed = Make(Operator::kEqual, {state, number(3)});
  const auto german = Make(Operator::kEqual, {country, text("DE")});
  const auto poor = Make(Operator::kLess, {mos, Literal({Decimal{36, 1}}, Type::DecimalOf(1))});
  Measure("integer = 3", completed);
  Measure("text = 'DE'", german);
  Measure("double < 3.6", poor);
  Measure("text IN (3 values)", Make(Operator::kIn, {country, text("DE"), text("US"), text("GB")}));
  Measure("integer IN (3 values)", Make(Operator::kIn, {state, number(1), number(3), number(5)}));
  Measure("all three joined by AND", Make(Operator::kAnd, {completed, german, poor}));
  Measure("integer IS NOT NULL", Make(Operator::kIsNotNull, {state}));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::Main(); }
