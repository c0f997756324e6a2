// Kernels that compare two columns row by row. Internal to this library.
#pragma once

#include <cstddef>

#include "expression/expression.h"
#include "model/column.h"

namespace tidemark {

// The two sides of a comparison; each is at least as long as the rows that are compared.
struct Sides {
  const Column& left;
  const Column& right;
};

// Writes 0 or 1 into out.integers and 0 or 1 into out.valid for each of `rows` rows. `out` is that
// long.
using ComparisonKernel = void (*)(const Sides& sides, std::size_t rows, Column& out);

// The kernel for `left op right` by the kinds of the two sides. REQUIRES: op is one of the six
// comparisons.
ComparisonKernel FindComparison(Operator op, const Type& left, const Type& right);

// unscaled / 10^scale as the nearest double, ties to even.
double NearestDouble(Int128 unscaled, unsigned scale);

}  // namespace tidemark
