// Columns of a batch: the form in which records cross the hot path.
//
// A batch holds at most kBatchRows rows. Storage is reserved once and reused: clearing and
// refilling allocates nothing unless a list column outgrows every batch before it. String cells are
// views of the bytes they were decoded from, which must outlive the batch's use. Thread: owned by
// one task thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/int128.h"
#include "model/type.h"

namespace tidemark {

inline constexpr std::size_t kBatchRows = 1024;

// Exactly one of the storages is used, by the type's kind: bool, integer, enum and timestamp use
// `integers`; decimal uses `decimals`; double `doubles`; string and bytes `strings`; a list uses
// `list_ends` and `elements`.
struct Column {
  Type type;
  std::vector<std::uint8_t> valid;  // 1 = has a value, 0 = NULL; one per row
  std::vector<std::int64_t> integers;
  std::vector<Int128> decimals;
  std::vector<double> doubles;
  std::vector<std::string_view> strings;
  // Row r's elements are [r == 0 ? 0 : list_ends[r - 1], list_ends[r]) of `elements`. A list is
  // never NULL.
  std::vector<std::uint32_t> list_ends;
  std::unique_ptr<Column> elements;

  explicit Column(Type column_type);
  std::size_t size() const { return valid.size(); }
  void Clear();
  // Makes the column `rows` long with unspecified content, for writers that fill every row. Not for
  // lists.
  void Resize(std::size_t rows);
  // Appends a NULL (an empty list for a list column).
  void AppendNull();
  std::uint32_t ListBegin(std::size_t row) const { return row == 0 ? 0 : list_ends[row - 1]; }
};

// Rows that passed a filter: ascending row numbers of a batch.
using Selection = std::vector<std::uint32_t>;

}  // namespace tidemark
