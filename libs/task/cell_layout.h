// How one query's states lie in a cell: the offset of each, and what is done with all of them at
// once.
//
// State 0 is the event count, an unsigned 64-bit number in its first eight bytes.
// Immutable; thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aggregate/aggregate.h"
#include "base/bytes.h"
#include "query/plan.h"

namespace tidemark {

class CellLayout {
 public:
  // REQUIRES: the query's state 0 is the event count.
  explicit CellLayout(const QueryPlan& query);

  // Bytes of all states of a cell, a multiple of 8. All zero is the identity.
  std::size_t size() const { return size_; }
  // Where state `index` lies.
  std::size_t offset(std::size_t index) const { return states_[index].offset; }

  static std::uint64_t Events(const std::byte* states);
  // Merges one encoded cell into `into`. False if the bytes are not that; `into` is then
  // unspecified.
  bool MergeEncoded(std::byte* into, ByteReader& in, StateArena& arena) const {
    for (const Placed& state : states_) {
      if (!state.function->merge_encoded(into + state.offset, in, arena)) return false;
    }
    return true;
  }
  void Merge(std::byte* into, const std::byte* from, StateArena& arena) const;
  void Encode(const std::byte* states, std::string& out) const;

 private:
  struct Placed {
    const StateFunction* function = nullptr;
    std::size_t offset = 0;
  };

  std::vector<Placed> states_;
  std::size_t size_ = 0;
};

}  // namespace tidemark
