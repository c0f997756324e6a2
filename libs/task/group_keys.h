// The group keys of a pipeline's queries over one batch: queries that group by the same columns
// share each key, its bytes, its hash and its place. Thread: owned by one task thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "model/column.h"
#include "query/plan.h"
#include "task/intake.h"
#include "task/interned_key.h"

namespace tidemark {

class GroupKeys {
 public:
  // What a query needs to know: the set of columns it groups by, and the memo of its table.
  struct Use {
    std::size_t set = 0;
    std::size_t memo = 0;
  };

  // REQUIRES: no batch was taken yet.
  Use Add(const QueryPlan& query);

  // Forgets the rows of the batch before; the keys stay.
  void NextBatch() { ++batch_; }
  // By row, for the rows of `passing`: the key, or nullptr if it has more than kMaxKeyBytes. Valid
  // until NextBatch; the keys until Clear. `passing` is what the query's WHERE leaves of the live
  // rows: for a set of columns that one query uses, only these are made into keys, else all.
  const std::vector<InternedKey*>& Of(std::size_t set, const JudgedBatch& batch,
                                      const Selection& passing);

  // Bytes in use since the last Clear.
  std::size_t bytes() const;
  // Forgets every key and keeps the memory. REQUIRES: the tables that hold cells of them are
  // cleared with them.
  void Clear();

 private:
  struct Set {
    std::vector<std::size_t> columns;
    std::size_t users = 0;
    KeyInterner interner;
    std::uint64_t filled = 0;  // the batch of `keys`
    std::vector<InternedKey*> keys;
  };

  void Fill(Set& set, const JudgedBatch& batch, const Selection& rows);
  void FillGroup(Set& set, std::span<const std::uint32_t> rows);

  std::deque<Set> sets_;
  std::uint64_t batch_ = 1;
  std::vector<const Column*> columns_;  // of the set at hand
  std::vector<char> buffer_;            // the keys of a group of rows
};

}  // namespace tidemark
