// A wide sum with the number of rows in it: the part that sums, averages and ratios have in common.
#pragma once

#include <cstdint>

#include "aggregate/wide_sum.h"
#include "base/bytes.h"

namespace tidemark {

// Zero is the identity. The encoding is canonical as long as the sum's is.
struct CountedSum {
  WideSum sum;
  std::uint64_t rows = 0;
  std::uint64_t nullified = 0;  // doubles that are no number of the fixed point

  void Merge(const CountedSum& from) {
    sum.Add(from.sum);
    rows += from.rows;
    nullified += from.nullified;
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(rows);
    out.Leb128(nullified);
    sum.Encode(out);
  }
  static CountedSum Decode(ByteReader& in) {
    CountedSum state;
    state.rows = in.Leb128();
    state.nullified = in.Leb128();
    state.sum = WideSum::Decode(in);
    return state;
  }
};

}  // namespace tidemark
