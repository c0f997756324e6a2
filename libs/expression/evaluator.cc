#include "expression/evaluator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "expression/comparison.h"
#include "expression/logic.h"
#include "expression/membership.h"

namespace tidemark {
namespace {

// A literal fills a column, so that it is one more side of the same loops. Its storage follows its
// content: an integer beyond 64 bits is a decimal of scale 0.
Type LiteralType(const Expression& expression) {
  if (const auto* number = std::get_if<Int128>(&expression.literal.content)) {
    if (static_cast<std::int64_t>(*number) != *number) return Type::DecimalOf(0);
    return expression.type.kind == TypeKind::kEnum ? expression.type : Type::Of(TypeKind::kInteger);
  }
  if (const auto* decimal = std::get_if<Decimal>(&expression.literal.content)) {
    return Type::DecimalOf(decimal->scale);
  }
  return expression.type;
}

struct FillLiteral {
  Column& out;
  std::size_t rows;

  template <class T>
  void Fill(std::vector<T>& cells, T value) const {
    std::fill_n(cells.begin(), rows, value);
  }
  void operator()(Value::Null) const {
    std::fill_n(out.valid.begin(), rows, std::uint8_t{0});
    out.integers.resize(rows);  // AND and OR read them whatever the literal's type
  }
  void operator()(bool value) const { Fill(out.integers, std::int64_t{value ? 1 : 0}); }
  void operator()(Int128 value) const {
    if (out.type.kind == TypeKind::kDecimal) {
      Fill(out.decimals, value);
    } else {
      Fill(out.integers, static_cast<std::int64_t>(value));
    }
  }
  void operator()(const Decimal& value) const { Fill(out.decimals, value.unscaled); }
  void operator()(double value) const { Fill(out.doubles, value); }
  void operator()(const std::string& value) const { Fill(out.strings, std::string_view(value)); }
  void operator()(const Value::Bytes& value) const {
    Fill(out.strings, std::string_view(value.data));
  }
  void operator()(Value::Time value) const { Fill(out.integers, value.ms); }
  void operator()(const ValueList&) const { TM_CHECK(false, "a list is not a literal"); }
  void operator()(const ValueObject&) const { TM_CHECK(false, "an object is not a literal"); }
};

void AllNull(const Sides&, std::size_t rows, Column& out) {
  std::fill_n(out.valid.begin(), rows, std::uint8_t{0});
  std::fill_n(out.integers.begin(), rows, 0);
}

bool IsNullLiteral(const Expression& expression) {
  return expression.op == Operator::kLiteral && expression.literal.is_null();
}

Type TypeOfSide(const Expression& expression) {
  return expression.op == Operator::kLiteral ? LiteralType(expression) : expression.type;
}

ComparisonKernel KernelFor(Operator op, const Expression& left, const Expression& right) {
  if (IsNullLiteral(left) || IsNullLiteral(right)) return AllNull;
  return FindComparison(op, TypeOfSide(left), TypeOfSide(right));
}

}  // namespace

struct Evaluator::Node {
  ExpressionPtr expression;
  Column result;
  std::vector<std::unique_ptr<Node>> arguments;
  std::vector<ComparisonKernel>
      kernels;  // one for a comparison; of IN without `members`, one for each literal
  std::optional<Membership> members;
  std::optional<Column> equality;  // scratch of the chain of equalities

  explicit Node(ExpressionPtr of);
  const Column& Evaluate(const std::vector<Column>& columns, std::size_t rows);

 private:
  void PrepareIn();
  const Column& Literal(std::size_t rows);
  void Compute(const std::vector<Column>& columns, std::size_t rows);
  void ComputeLogic(const std::vector<Column>& columns, std::size_t rows);
  void ComputeIn(const std::vector<Column>& columns, std::size_t rows);
};

Evaluator::Node::Node(ExpressionPtr of)
    : expression(std::move(of)), result(TypeOfSide(*expression)) {
  for (const ExpressionPtr& argument : expression->arguments) {
    arguments.push_back(std::make_unique<Node>(argument));
  }
  const Operator op = expression->op;
  if (op >= Operator::kEqual && op <= Operator::kGreaterEqual) {
    TM_CHECK(arguments.size() == 2, "a comparison has two sides");
    kernels.push_back(KernelFor(op, *expression->arguments[0], *expression->arguments[1]));
  }
  if (op == Operator::kIn) PrepareIn();
}

void Evaluator::Node::PrepareIn() {
  TM_CHECK(arguments.size() >= 2, "IN has a value and literals");
  const std::span<const ExpressionPtr> all(expression->arguments);
  members = Membership::Of(TypeOfSide(*all[0]), all.subspan(1));
  if (members) return;
  equality.emplace(Type::Of(TypeKind::kBool));
  for (const ExpressionPtr& literal : all.subspan(1)) {
    kernels.push_back(KernelFor(Operator::kEqual, *all[0], *literal));
  }
}

const Column& Evaluator::Node::Literal(std::size_t rows) {
  if (result.size() >= rows) return result;
  result.Resize(std::max(rows, kBatchRows));
  std::fill(result.valid.begin(), result.valid.end(), std::uint8_t{1});
  std::visit(FillLiteral{result, result.size()}, expression->literal.content);
  return result;
}

const Column& Evaluator::Node::Evaluate(const std::vector<Column>& columns, std::size_t rows) {
  if (expression->op == Operator::kColumn) return columns[expression->column];
  if (expression->op == Operator::kLiteral) return Literal(rows);
  result.Resize(rows);
  Compute(columns, rows);
  return result;
}

void Evaluator::Node::Compute(const std::vector<Column>& columns, std::size_t rows) {
  switch (expression->op) {
    case Operator::kAnd:
    case Operator::kOr:
      return ComputeLogic(columns, rows);
    case Operator::kNot:
      return Not(arguments[0]->Evaluate(columns, rows), rows, result);
    case Operator::kIsNull:
      return IsNull(arguments[0]->Evaluate(columns, rows), rows, result);
    case Operator::kIsNotNull:
      return IsNotNull(arguments[0]->Evaluate(columns, rows), rows, result);
    case Operator::kIn:
      return ComputeIn(columns, rows);
    default:
      break;
  }
  const Sides sides{arguments[0]->Evaluate(columns, rows), arguments[1]->Evaluate(columns, rows)};
  kernels[0](sides, rows, result);
}

void Evaluator::Node::ComputeLogic(const std::vector<Column>& columns, std::size_t rows) {
  const Column& first = arguments[0]->Evaluate(columns, rows);
  std::copy_n(first.valid.begin(), rows, result.valid.begin());
  std::copy_n(first.integers.begin(), rows, result.integers.begin());
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const Column& next = arguments[i]->Evaluate(columns, rows);
    if (expression->op == Operator::kAnd) {
      AndInto(next, rows, result);
    } else {
      OrInto(next, rows, result);
    }
  }
}

void Evaluator::Node::ComputeIn(const std::vector<Column>& columns, std::size_t rows) {
  const Column& value = arguments[0]->Evaluate(columns, rows);
  if (members) return members->Evaluate(value, rows, result);
  equality->Resize(rows);
  kernels[0]({value, arguments[1]->Evaluate(columns, rows)}, rows, result);
  for (std::size_t i = 1; i < kernels.size(); ++i) {
    kernels[i]({value, arguments[i + 1]->Evaluate(columns, rows)}, rows, *equality);
    OrInto(*equality, rows, result);
  }
}

Evaluator::Evaluator(ExpressionPtr expression)
    : root_(std::make_unique<Node>(std::move(expression))) {}
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;
Evaluator::~Evaluator() = default;

const Column& Evaluator::Evaluate(const std::vector<Column>& columns, std::size_t rows) {
  return root_->Evaluate(columns, rows);
}

void Evaluator::Filter(const std::vector<Column>& columns, std::size_t rows, const Selection& in,
                       Selection& out) {
  TM_CHECK(root_->expression->type.kind == TypeKind::kBool, "a filter is a condition");
  const Column& verdict = root_->Evaluate(columns, rows);
  out.resize(in.size());
  std::size_t kept = 0;
  for (const std::uint32_t row : in) {
    out[kept] = row;
    kept += verdict.valid[row] != 0 && verdict.integers[row] != 0 ? 1U : 0U;
  }
  out.resize(kept);
}

}  // namespace tidemark
