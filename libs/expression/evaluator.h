// Evaluates an expression over a batch of columns: one tight loop per node, in SQL's three-valued
// logic.
//
// Comparison, by the kinds of the two sides:
//   integer, decimal     exact, whatever the scales; integer literals beyond 64 bits too
//   double               of two numbers; NaN equals NaN and is greater than every number; -0 equals
//   0 double with integer or decimal   the other side is first converted to the nearest double
//   (half even), as in
//                        PostgreSQL, so that `mos = 4.2` holds for the double that prints as 4.2
//   string, bytes        bytewise, a prefix before what it begins
//   bool, enum, timestamp   by false < true, number, time
// A comparison with NULL is NULL. AND is FALSE if any argument is, else NULL if any is; OR likewise
// with TRUE. IN is TRUE if any literal equals, else NULL if the value or any literal is NULL, else
// FALSE.
//
// Allocates only while a batch is longer than every one before. Thread: owned by one task thread.
#pragma once

#include <memory>
#include <vector>

#include "expression/expression.h"
#include "model/column.h"

namespace tidemark {

class Evaluator {
 public:
  // REQUIRES: the expression is well typed (the planner checks): its comparisons are between kinds
  // of the table above.
  explicit Evaluator(ExpressionPtr expression);
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;
  ~Evaluator();

  // The value of each row, at least `rows` long. A column reference is the batch's column itself;
  // otherwise the result is valid until the next call. Results of kind bool hold 0 or 1 in
  // `integers`. REQUIRES: the columns are those that the expression was planned for, each at least
  // `rows` long.
  const Column& Evaluate(const std::vector<Column>& columns, std::size_t rows);

  // Sets `out` to those rows of `in` for which the expression is TRUE. REQUIRES: the expression is
  // of kind bool; rows of `in` < rows; `in` and `out` are different objects.
  void Filter(const std::vector<Column>& columns, std::size_t rows, const Selection& in,
              Selection& out);

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace tidemark
