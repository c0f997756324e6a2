// `x IN (literals)` over a column. Internal to this library.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "expression/expression.h"
#include "model/column.h"

namespace tidemark {

// Literals of one storage, sorted: a search per row. NULLs among them make a miss NULL.
class Membership {
 public:
  // nullopt if value and literals are not all of one such storage (integers with integers, text
  // with text): then IN is evaluated as a chain of equalities. The literals must outlive the
  // result.
  static std::optional<Membership> Of(const Type& value, std::span<const ExpressionPtr> literals);

  // Writes 0 or 1 and validity of `rows` rows. `out` is that long.
  void Evaluate(const Column& value, std::size_t rows, Column& out) const;

 private:
  bool AddInteger(const Value& literal);
  bool AddText(const Value& literal);

  std::vector<std::int64_t> integers_;
  std::vector<std::string_view> texts_;
  bool is_text_ = false;
  bool has_null_ = false;
};

}  // namespace tidemark
