#include "query/conditions.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.h"
#include "query/literals.h"

namespace tidemark {
namespace {

using Kind = SqlExpr::Kind;

ExpressionPtr MakeColumn(const BoundColumn& column) {
  Expression out;
  out.op = Operator::kColumn;
  out.type = column.type;
  out.column = column.column;
  return std::make_shared<const Expression>(std::move(out));
}

ExpressionPtr MakeLiteral(const std::optional<Literal>& literal) {
  if (!literal) return nullptr;
  Expression out;
  out.op = Operator::kLiteral;
  out.type = literal->type;
  out.literal = literal->value;
  return std::make_shared<const Expression>(std::move(out));
}

// nullptr if one of the arguments was refused.
ExpressionPtr MakeNode(Operator op, std::vector<ExpressionPtr> arguments) {
  if (std::find(arguments.begin(), arguments.end(), nullptr) != arguments.end()) return nullptr;
  Expression out;
  out.op = op;
  out.type = Type::Of(TypeKind::kBool);
  out.arguments = std::move(arguments);
  return std::make_shared<const Expression>(std::move(out));
}

struct Comparison {
  std::string_view sign;
  Operator op;
};
constexpr std::array<Comparison, 6> kComparisons = {{{"=", Operator::kEqual},
                                                     {"<>", Operator::kNotEqual},
                                                     {"<", Operator::kLess},
                                                     {"<=", Operator::kLessEqual},
                                                     {">", Operator::kGreater},
                                                     {">=", Operator::kGreaterEqual}}};

Operator FindOperator(std::string_view sign) {
  const auto* found = std::find_if(kComparisons.begin(), kComparisons.end(),
                                   [sign](const Comparison& c) { return c.sign == sign; });
  return found == kComparisons.end() ? Operator::kEqual : found->op;
}

bool IsNumeric(const Type& type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kDecimal ||
         type.kind == TypeKind::kDouble;
}

bool Comparable(const Type& a, const Type& b) {
  if (IsNumeric(a) && IsNumeric(b)) return true;
  return a.kind == b.kind && a.enumeration == b.enumeration && a.kind != TypeKind::kList;
}

class Binder {
 public:
  explicit Binder(NameScope& scope) : scope_(scope) {}

  ExpressionPtr BindCondition(const SqlExpr& expr) {
    ExpressionPtr out = Bind(expr);
    if (out == nullptr || out->type.kind == TypeKind::kBool) return out;
    return Fail(expr,
                {"WRONG_TYPE",
                 StrCat("a condition must stand here, not a value of type ", out->type.ToString()),
                 "write a comparison, such as x = 'a' or x IS NOT NULL"});
  }

  ExpressionPtr Bind(const SqlExpr& expr) {
    if (IsLiteral(expr)) return MakeLiteral(ReadLiteral(expr, scope_.reporter()));
    switch (expr.kind) {
      case Kind::kColumn:
        return BindColumn(expr);
      case Kind::kCompare:
        return BindComparison(expr);
      case Kind::kAnd:
        return MakeNode(Operator::kAnd, BindConditions(expr));
      case Kind::kOr:
        return MakeNode(Operator::kOr, BindConditions(expr));
      case Kind::kNot:
        return MakeNode(Operator::kNot, BindConditions(expr));
      case Kind::kIsNull:
        return BindNullTest(expr, Operator::kIsNull);
      case Kind::kIsNotNull:
        return BindNullTest(expr, Operator::kIsNotNull);
      case Kind::kIn:
        return BindIn(expr);
      case Kind::kRefused:
        return nullptr;
      case Kind::kCall:
        return Fail(expr,
                    {"MISPLACED_CALL",
                     StrCat(expr.text, "(...) cannot stand inside a condition or an aggregate"),
                     "use fields and literals here"});
      default:
        return Fail(expr, {"SQL_SYNTAX", "* cannot stand here", "name a field"});
    }
  }

 private:
  ExpressionPtr Fail(const SqlExpr& expr, Problem problem) {
    scope_.reporter().Add(expr.offset, expr.length, std::move(problem));
    return nullptr;
  }

  ExpressionPtr BindColumn(const SqlExpr& expr) {
    const auto column = scope_.Resolve(expr);
    return column ? MakeColumn(*column) : nullptr;
  }

  std::vector<ExpressionPtr> BindConditions(const SqlExpr& expr) {
    std::vector<ExpressionPtr> out;
    for (const SqlExpr& argument : expr.arguments) out.push_back(BindCondition(argument));
    return out;
  }

  ExpressionPtr BindNullTest(const SqlExpr& expr, Operator op) {
    const SqlExpr& tested = expr.arguments[0];
    if (tested.kind == Kind::kColumn) {
      if (const auto presence = scope_.ResolvePresence(tested))
        return MakeNode(op, {MakeColumn(*presence)});
    }
    ExpressionPtr value = Bind(tested);
    if (value != nullptr && value->type.kind == TypeKind::kList) {
      return Fail(tested, {"WRONG_TYPE", "an array is never NULL",
                           "count(x) over an array is not needed: counts(x) counts its elements"});
    }
    return MakeNode(op, {std::move(value)});
  }

  // A literal takes the type of what it is compared with.
  ExpressionPtr BindBeside(const SqlExpr& expr, const ExpressionPtr& other) {
    if (!IsLiteral(expr) || other == nullptr) return Bind(expr);
    return MakeLiteral(ReadLiteralFor(expr, other->type, scope_.reporter()));
  }

  ExpressionPtr BindComparison(const SqlExpr& expr) {
    const SqlExpr& left_text = expr.arguments[0];
    const SqlExpr& right_text = expr.arguments[1];
    const bool left_first = !IsLiteral(left_text);
    ExpressionPtr left = left_first ? Bind(left_text) : nullptr;
    ExpressionPtr right = BindBeside(right_text, left);
    if (!left_first) left = BindBeside(left_text, right);
    if (left == nullptr || right == nullptr) return nullptr;
    const Operator op = FindOperator(expr.text);
    if (!Comparable(left->type, right->type)) {
      return Fail(expr, {"WRONG_TYPE",
                         StrCat("a value of type ", left->type.ToString(),
                                " cannot be compared with one of type ", right->type.ToString()),
                         left->type.kind == TypeKind::kList || right->type.kind == TypeKind::kList
                             ? "counts(x) counts the elements of an array"
                             : "compare values of one type"});
    }
    const bool ordering = op != Operator::kEqual && op != Operator::kNotEqual;
    if (ordering && left->type.kind == TypeKind::kEnum) {
      return Fail(expr, {"WRONG_TYPE", "the values of an enum have no order",
                         "list the values: IN ('COMPLETED', 'BUSY')"});
    }
    return MakeNode(op, {std::move(left), std::move(right)});
  }

  ExpressionPtr BindIn(const SqlExpr& expr) {
    std::vector<ExpressionPtr> arguments = {Bind(expr.arguments[0])};
    for (std::size_t i = 1; i < expr.arguments.size(); ++i) {
      const SqlExpr& item = expr.arguments[i];
      if (!IsLiteral(item) && item.kind != Kind::kRefused) {
        arguments.push_back(
            Fail(item, {"NOT_SUPPORTED_YET", "IN with anything but literals is not supported yet",
                        "write x = a OR x = b"}));
      } else {
        arguments.push_back(item.kind == Kind::kRefused ? nullptr : BindBeside(item, arguments[0]));
      }
    }
    return MakeNode(Operator::kIn, std::move(arguments));
  }

  NameScope& scope_;
};

}  // namespace

ExpressionPtr BindCondition(const SqlExpr& condition, NameScope& scope) {
  return Binder(scope).BindCondition(condition);
}

ExpressionPtr BindArgument(const SqlExpr& argument, NameScope& scope) {
  return Binder(scope).Bind(argument);
}

}  // namespace tidemark
