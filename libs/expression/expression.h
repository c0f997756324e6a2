// Typed expressions over the columns of a batch: what WHERE and FILTER are compiled to.
//
// The tree is immutable and already checked: operand types fit, enum literals are numbers, text
// literals for a timestamp are times. Evaluation is in evaluator.h, column by column, in
// three-valued logic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/type.h"
#include "model/value.h"

namespace tidemark {

enum class Operator : std::uint8_t {
  kColumn,   // `column` of the batch
  kLiteral,  // `literal`; NULL is Value{}
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kNot,
  kIsNull,
  kIsNotNull,
  kIn,  // arguments[0] against the literals arguments[1..]
};

struct Expression {
  Operator op = Operator::kLiteral;
  Type type;  // of the result; comparisons and logic are kBool
  std::size_t column = 0;
  Value literal;
  std::vector<std::shared_ptr<const Expression>> arguments;

  // Canonical text: equal texts are equal computations. Columns print as #3.
  std::string ToString() const;
};
using ExpressionPtr =
    std::shared_ptr<const Expression>;  // Immutable, shared by the queries that spell it alike.

}  // namespace tidemark
