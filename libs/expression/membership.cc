#include "expression/membership.h"

#include <algorithm>
#include <limits>

namespace tidemark {
namespace {

template <class T, class Cells>
void Search(const std::vector<T>& sorted, const Cells& cells, std::size_t rows, Column& out) {
  for (std::size_t row = 0; row < rows; ++row) {
    const bool found =
        out.valid[row] != 0 && std::binary_search(sorted.begin(), sorted.end(), cells[row]);
    out.integers[row] = found ? 1 : 0;
  }
}

bool IsText(const Type& type) {
  return type.kind == TypeKind::kString || type.kind == TypeKind::kBytes;
}

bool IsIntegers(const Type& type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kBool ||
         type.kind == TypeKind::kEnum || type.kind == TypeKind::kTimestamp;
}

}  // namespace

bool Membership::AddInteger(const Value& literal) {
  if (const auto* flag = std::get_if<bool>(&literal.content)) {
    integers_.push_back(*flag ? 1 : 0);
    return true;
  }
  if (const auto* time = std::get_if<Value::Time>(&literal.content)) {
    integers_.push_back(time->ms);
    return true;
  }
  const auto* number = std::get_if<Int128>(&literal.content);
  if (number == nullptr) return false;
  const auto narrow = static_cast<std::int64_t>(*number);
  if (narrow == *number) integers_.push_back(narrow);  // what no cell can hold equals none
  return true;
}

bool Membership::AddText(const Value& literal) {
  if (const auto* text = std::get_if<std::string>(&literal.content)) {
    texts_.emplace_back(*text);
    return true;
  }
  const auto* bytes = std::get_if<Value::Bytes>(&literal.content);
  if (bytes == nullptr) return false;
  texts_.emplace_back(bytes->data);
  return true;
}

std::optional<Membership> Membership::Of(const Type& value,
                                         std::span<const ExpressionPtr> literals) {
  if (!IsText(value) && !IsIntegers(value)) return std::nullopt;
  Membership set;
  set.is_text_ = IsText(value);
  for (const ExpressionPtr& literal : literals) {
    if (literal->op != Operator::kLiteral) return std::nullopt;
    if (literal->literal.is_null()) {
      set.has_null_ = true;
    } else if (!(set.is_text_ ? set.AddText(literal->literal) : set.AddInteger(literal->literal))) {
      return std::nullopt;
    }
  }
  std::sort(set.integers_.begin(), set.integers_.end());
  std::sort(set.texts_.begin(), set.texts_.end());
  return set;
}

void Membership::Evaluate(const Column& value, std::size_t rows, Column& out) const {
  std::copy_n(value.valid.begin(), rows, out.valid.begin());
  if (is_text_) {
    Search(texts_, value.strings, rows, out);
  } else {
    Search(integers_, value.integers, rows, out);
  }
  if (!has_null_) return;
  for (std::size_t row = 0; row < rows; ++row) {
    out.valid[row] &= static_cast<std::uint8_t>(out.integers[row]);
  }
}

}  // namespace tidemark
