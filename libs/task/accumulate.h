// One query over judged rows: WHERE and BEFORE_START, key size, lateness, then the table. Exactly
// in this order, so an event that WHERE refuses is never late.
//
// Every live event of a batch is counted exactly once: aggregated, filtered or late.
// Thread: owned by one task thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "query/plan.h"
#include "task/assign.h"
#include "task/batch_expressions.h"
#include "task/group_keys.h"
#include "task/intake.h"
#include "task/table.h"

namespace tidemark {

class Accumulator {
 public:
  // `query` is number `index` of the plan's queries; `expressions` and `keys` are shared with the
  // other queries. All outlive it.
  Accumulator(const QueryPlan& query, std::uint32_t index, std::optional<EventTime> start,
              BatchExpressions& expressions, GroupKeys& keys);

  // Takes the live rows. `combined` is the least watermark known of any source: a late event whose
  // last window is not final there counts as late_while_open (a hint). Appends late events and keys
  // too large to `findings`.
  void Take(const JudgedBatch& batch, std::optional<Watermark> combined, QueryCounters& counters,
            Findings& findings);

  InstanceId instance() const { return query_.instance; }
  // Its cells name keys of `keys`: whoever clears the one clears the other.
  Table& table() { return table_; }
  const Table& table() const { return table_; }

 private:
  struct StateInput {
    std::vector<BatchExpressions::Id> arguments;
    std::optional<BatchExpressions::Id> filter;
    friend bool operator==(const StateInput&, const StateInput&) = default;
  };
  // Rows and the cells they go into, one for one.
  struct Accepted {
    std::span<const std::uint32_t> rows;
    std::span<std::byte* const> cells;
  };
  // Rows on their way into the table, at most Table::kGroup.
  struct Group {
    std::array<Table::Probe, Table::kGroup> probes;
    std::array<std::uint32_t, Table::kGroup> rows;
    std::size_t size = 0;
  };

  void Add(std::uint32_t row, InternedKey* key, std::int64_t slice_end, std::int64_t tag);
  // An event that is late, tagged or withheld, or whose key is too large.
  void TakeRare(const JudgedBatch& batch, std::uint32_t row, InternedKey* key,
                QueryCounters& counters, Findings& findings);
  void RefuseKey(const JudgedBatch& batch, std::uint32_t row, QueryCounters& counters,
                 Findings& findings);
  void RefuseLate(const JudgedBatch& batch, std::uint32_t row, QueryCounters& counters,
                  Findings& findings);
  void FindGroup();
  void UpdateStates(const JudgedBatch& batch);
  void UpdateState(std::size_t index, const JudgedBatch& batch);
  // The accepted rows of the batch that the filter lets through and, if there is one argument, have
  // a value of it.
  Accepted PickFor(const StateInput& input, const JudgedBatch& batch);
  template <class Passes>
  Accepted Pick(const Accepted& from, Passes passes);

  const QueryPlan& query_;
  std::uint32_t index_;
  BatchExpressions& expressions_;
  GroupKeys& keys_;
  GroupKeys::Use use_;
  Assigner assigner_;
  Table table_;
  std::optional<BatchExpressions::Id> where_;
  std::vector<StateInput> inputs_;
  std::int64_t combined_ = kNoWatermark;

  Group group_;
  std::vector<std::uint32_t> rows_;  // accepted, of the batch
  std::vector<std::byte*> cells_;    // theirs
  std::vector<std::uint32_t> picked_rows_;
  std::vector<std::byte*> picked_cells_;
  Accepted picked_;
  const StateInput* picked_for_ = nullptr;  // or for one like it
  std::vector<const Column*> arguments_;
};

}  // namespace tidemark
