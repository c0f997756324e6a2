#include "expression/logic.h"

#include <algorithm>

namespace tidemark {

void AndInto(const Column& from, std::size_t rows, Column& into) {
  for (std::size_t row = 0; row < rows; ++row) {
    const unsigned left_true = into.valid[row] & (into.integers[row] != 0 ? 1U : 0U);
    const unsigned right_true = from.valid[row] & (from.integers[row] != 0 ? 1U : 0U);
    const unsigned both_known = into.valid[row] & from.valid[row];
    const unsigned any_false = (into.valid[row] & ~left_true) | (from.valid[row] & ~right_true);
    into.valid[row] = static_cast<std::uint8_t>((both_known | any_false) & 1U);
    into.integers[row] = left_true & right_true;
  }
}

void OrInto(const Column& from, std::size_t rows, Column& into) {
  for (std::size_t row = 0; row < rows; ++row) {
    const unsigned left_true = into.valid[row] & (into.integers[row] != 0 ? 1U : 0U);
    const unsigned right_true = from.valid[row] & (from.integers[row] != 0 ? 1U : 0U);
    const unsigned both_known = into.valid[row] & from.valid[row];
    into.valid[row] = static_cast<std::uint8_t>(both_known | left_true | right_true);
    into.integers[row] = left_true | right_true;
  }
}

void Not(const Column& from, std::size_t rows, Column& out) {
  std::copy_n(from.valid.begin(), rows, out.valid.begin());
  for (std::size_t row = 0; row < rows; ++row) out.integers[row] = from.integers[row] == 0 ? 1 : 0;
}

void IsNull(const Column& from, std::size_t rows, Column& out) {
  std::fill_n(out.valid.begin(), rows, std::uint8_t{1});
  for (std::size_t row = 0; row < rows; ++row) out.integers[row] = from.valid[row] == 0 ? 1 : 0;
}

void IsNotNull(const Column& from, std::size_t rows, Column& out) {
  std::fill_n(out.valid.begin(), rows, std::uint8_t{1});
  for (std::size_t row = 0; row < rows; ++row) out.integers[row] = from.valid[row] != 0 ? 1 : 0;
}

}  // namespace tidemark
