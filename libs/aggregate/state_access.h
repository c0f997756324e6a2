// How state functions reach their states and rows. Internal to this library.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>

#include "aggregate/aggregate.h"
#include "aggregate/fixed_point.h"

namespace tidemark {

// The state at `bytes` as a T. REQUIRES: the bytes are aligned to 8 and hold a T, or zeros.
template <class T>
T& StateAt(std::byte* bytes) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8 && sizeof(T) % 8 == 0);
  return *reinterpret_cast<T*>(bytes);
}
template <class T>
const T& StateAt(const std::byte* bytes) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8 && sizeof(T) % 8 == 0);
  return *reinterpret_cast<const T*>(bytes);
}

// Calls apply(state, row) for each row of the batch in which `column` is not NULL. What the loop
// reads is taken out of batch and column first, here and by callers: for all the compiler knows, a
// store into a state changes them.
template <class T, class Apply>
void ForEachValid(const UpdateBatch& batch, const Column& column, Apply apply) {
  const std::uint8_t* const valid = column.valid.data();
  const std::span<const std::uint32_t> rows = batch.rows;
  std::byte* const* const cells = batch.cells.data();
  const std::size_t offset = batch.offset;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows[i];
    if (valid[row] != 0) apply(StateAt<T>(cells[i] + offset), row);
  }
}

// Calls apply(state, value) with the fixed-point form of each number of `column` that is not NULL:
// integers and decimals as they are, doubles with `digits` fraction digits. reject(state) is called
// for doubles without such a form.
template <class T, class Apply, class Reject>
void ForEachNumber(const UpdateBatch& batch, const Column& column, std::int64_t digits, Apply apply,
                   Reject reject) {
  if (column.type.kind == TypeKind::kDouble) {
    ForEachValid<T>(batch, column, [&](T& state, std::uint32_t row) {
      const std::optional<Int128> value =
          ToFixedPoint(column.doubles[row], static_cast<unsigned>(digits));
      if (value) {
        apply(state, *value);
      } else {
        reject(state);
      }
    });
  } else if (column.type.kind == TypeKind::kDecimal) {
    ForEachValid<T>(batch, column,
                    [&, values = column.decimals.data()](T& state, std::uint32_t row) {
                      apply(state, values[row]);
                    });
  } else {
    ForEachValid<T>(batch, column,
                    [&, values = column.integers.data()](T& state, std::uint32_t row) {
                      apply(state, static_cast<Int128>(values[row]));
                    });
  }
}

// Merge, encode and merge_encoded from members of T: Merge(from), Encode(writer), Decode(reader,
// &out).
template <class T>
struct PlainState {
  static void Merge(std::byte* into, const std::byte* from, StateArena&) {
    StateAt<T>(into).Merge(StateAt<T>(from));
  }
  static void Encode(const std::byte* state, ByteWriter& out) { StateAt<T>(state).Encode(out); }
  static bool MergeEncoded(std::byte* into, ByteReader& in, StateArena&) {
    const T decoded = T::Decode(in);
    if (!in.ok()) return false;
    StateAt<T>(into).Merge(decoded);
    return true;
  }
};

}  // namespace tidemark
