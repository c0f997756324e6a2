#include "model/column.h"

#include <utility>

#include "base/check.h"

namespace tidemark {

Column::Column(Type column_type) : type(std::move(column_type)) {
  valid.reserve(kBatchRows);
  if (type.kind == TypeKind::kList) {
    list_ends.reserve(kBatchRows);
    elements = std::make_unique<Column>(type.Element());
    return;
  }
  Resize(kBatchRows);
  Clear();
}

void Column::Clear() {
  valid.clear();
  integers.clear();
  decimals.clear();
  doubles.clear();
  strings.clear();
  list_ends.clear();
  if (elements) elements->Clear();
}

void Column::Resize(std::size_t rows) {
  valid.resize(rows);
  switch (type.kind) {
    case TypeKind::kDecimal:
      decimals.resize(rows);
      break;
    case TypeKind::kDouble:
      doubles.resize(rows);
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
      strings.resize(rows);
      break;
    case TypeKind::kList:
    case TypeKind::kObject:
      TM_CHECK(false, "lists and objects are not resized");
      break;
    default:
      integers.resize(rows);
  }
}

void Column::AppendNull() {
  if (type.kind == TypeKind::kList) {
    valid.push_back(1);
    list_ends.push_back(static_cast<std::uint32_t>(elements->size()));
    return;
  }
  Resize(valid.size() + 1);
  valid.back() = 0;
}

}  // namespace tidemark
