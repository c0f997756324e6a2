// Random rows of columns that can be grouped by, for property tests.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/column.h"
#include "shuffle/key.h"
#include "shuffle/tests/arbitrary.h"

namespace tidemark {

// One column of each kind. A row is the one before it but for one column, or but for none, so that
// many keys are equal or nearly so.
struct KeyColumns {
  std::vector<Column> columns;
  std::deque<ExactCopy> texts;

  explicit KeyColumns(std::size_t rows) {
    for (const TypeKind kind : {TypeKind::kString, TypeKind::kBool, TypeKind::kInteger,
                                TypeKind::kEnum, TypeKind::kTimestamp, TypeKind::kBytes})
      columns.emplace_back(Type::Of(kind));
    for (const std::uint8_t scale : std::array<std::uint8_t, 2>{0, 3})
      columns.emplace_back(Type::DecimalOf(scale));
    for (std::size_t row = 0; row < rows; ++row) {
      const auto other = *rc::gen::inRange<std::size_t>(0, columns.size() + 1);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].AppendNull();
        if (row > 0 && i != other) {
          Repeat(columns[i], row);
        } else if (!*rc::gen::weightedElement<bool>({{1, true}, {5, false}})) {
          Fill(columns[i], row);
        }
      }
    }
  }

  std::vector<const Column*> pointers() const {
    std::vector<const Column*> pointers;
    for (const Column& column : columns) pointers.push_back(&column);
    return pointers;
  }
  // nullopt: it is too long.
  std::optional<std::string> KeyOf(std::uint32_t row) const {
    std::string key(kKeyRoom, '\0');
    const char* const end = WriteKey(0, pointers(), row, key.data());
    if (end == nullptr) return std::nullopt;
    key.resize(static_cast<std::size_t>(end - key.data()));
    return key;
  }

 private:
  static void Repeat(Column& column, std::size_t row) {
    column.valid[row] = column.valid[row - 1];
    if (!column.integers.empty()) column.integers[row] = column.integers[row - 1];
    if (!column.decimals.empty()) column.decimals[row] = column.decimals[row - 1];
    if (!column.strings.empty()) column.strings[row] = column.strings[row - 1];
  }

  void Fill(Column& column, std::size_t row) {
    column.valid[row] = 1;
    const auto integer =
        *rc::gen::oneOf(rc::gen::element<std::int64_t>(0, 1, 10, 100, -1, INT64_MAX, INT64_MIN),
                        rc::gen::arbitrary<std::int64_t>());
    if (!column.integers.empty()) column.integers[row] = integer;
    if (!column.decimals.empty())
      column.decimals[row] = Any<bool>() ? Int128{integer} : Int128{integer} << 64;
    if (!column.strings.empty()) column.strings[row] = AnyText();
  }

  // Texts of one length have most bytes in common.
  std::string_view AnyText() {
    const auto size =
        *rc::gen::weightedOneOf<std::size_t>({{9, rc::gen::inRange<std::size_t>(0, 71)},
                                              {1, rc::gen::inRange<std::size_t>(4'050, 4'098)}});
    std::string text(size, 'a');
    if (size > 0 && Any<bool>()) text[*rc::gen::inRange<std::size_t>(0, size)] = 'b';
    return texts.emplace_back(text).view();
  }
};

}  // namespace tidemark
