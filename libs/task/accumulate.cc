#include "task/accumulate.h"

#include <cstring>
#include <span>

namespace tidemark {
namespace {

bool HasNull(const Column& column, std::uint32_t last) {
  return std::memchr(column.valid.data(), 0, last + std::size_t{1}) != nullptr;
}

}  // namespace

Accumulator::Accumulator(const QueryPlan& query, std::uint32_t index,
                         std::optional<EventTime> start, BatchExpressions& expressions,
                         GroupKeys& keys)
    : query_(query),
      index_(index),
      expressions_(expressions),
      keys_(keys),
      use_(keys.Add(query)),
      assigner_(query.window, query.allowed_lateness, start),
      table_(CellLayout(query), use_.memo) {
  if (query.where) where_ = expressions.Add(query.where);
  for (const StateColumn& state : query.states) {
    StateInput input;
    for (const ExpressionPtr& argument : state.arguments)
      input.arguments.push_back(expressions.Add(argument));
    if (state.filter) input.filter = expressions.Add(state.filter);
    inputs_.push_back(std::move(input));
  }
  for (auto* rows : {&rows_, &picked_rows_}) rows->reserve(kBatchRows);
  for (auto* cells : {&cells_, &picked_cells_}) cells->reserve(kBatchRows);
}

inline void Accumulator::Add(std::uint32_t row, InternedKey* key, std::int64_t slice_end,
                             std::int64_t tag) {
  group_.probes[group_.size] = {.key = key, .pane = table_.PaneOf(slice_end, tag)};
  group_.rows[group_.size] = row;
  if (++group_.size == Table::kGroup) FindGroup();
}

void Accumulator::TakeRare(const JudgedBatch& batch, std::uint32_t row, InternedKey* key,
                           QueryCounters& counters, Findings& findings) {
  const JudgedRow& judged = batch.judged[row];
  const AssignedSlice assigned = assigner_.Assign(EventTime(judged.event_time), judged.watermark);
  if (assigned.fate == Fate::kWithheld) {
    ++counters.filtered;
    return;
  }
  if (key == nullptr) return RefuseKey(batch, row, counters, findings);
  if (assigned.fate == Fate::kLate) return RefuseLate(batch, row, counters, findings);
  if (assigned.fate == Fate::kPartlyLate) ++counters.partly_late;
  Add(row, key, assigned.slice_end, assigned.tag);
}

void Accumulator::Take(const JudgedBatch& batch, std::optional<Watermark> combined,
                       QueryCounters& counters, Findings& findings) {
  combined_ = ToColumn(combined);
  rows_.clear();
  cells_.clear();
  const Selection& passing = where_ ? expressions_.Passing(*where_, batch) : batch.live;
  counters.filtered += batch.live.size() - passing.size();
  const std::vector<InternedKey*>& keys = keys_.Of(use_.set, batch, passing);
  for (const std::uint32_t row : passing) {
    const JudgedRow& judged = batch.judged[row];
    if (keys[row] != nullptr && assigner_.IsCalm(EventTime(judged.event_time), judged.watermark)) {
      Add(row, keys[row], assigner_.slice_end(), 0);
    } else {
      TakeRare(batch, row, keys[row], counters, findings);
    }
  }
  FindGroup();
  counters.aggregated += rows_.size();
  UpdateStates(batch);
}

void Accumulator::RefuseKey(const JudgedBatch& batch, std::uint32_t row, QueryCounters& counters,
                            Findings& findings) {
  ++counters.filtered;
  findings.dead.push_back(
      {.record = batch.judged[row].record,
       .element = batch.judged[row].element,
       .reason = DeadReason::kKeyTooLarge,
       .query = index_,
       .detail =
           "the group key has more than 4096 bytes; the queries named here left the event out"});
}

void Accumulator::RefuseLate(const JudgedBatch& batch, std::uint32_t row, QueryCounters& counters,
                             Findings& findings) {
  const JudgedRow& judged = batch.judged[row];
  const EventTime time(judged.event_time);
  ++counters.late;
  if (combined_ < assigner_.FinalAt(time)) ++counters.late_while_open;
  findings.late.push_back({.record = judged.record,
                           .element = judged.element,
                           .query = index_,
                           .window_ends = assigner_.WindowEnds(time)});
}

void Accumulator::FindGroup() {
  const std::size_t found = cells_.size();
  cells_.resize(found + group_.size);
  table_.Find(std::span(group_.probes).first(group_.size), std::span(cells_).subspan(found));
  rows_.insert(rows_.end(), group_.rows.begin(),
               group_.rows.begin() + static_cast<std::ptrdiff_t>(group_.size));
  group_.size = 0;
}

void Accumulator::UpdateStates(const JudgedBatch& batch) {
  if (rows_.empty()) return;
  picked_for_ = nullptr;
  for (std::size_t i = 0; i < inputs_.size(); ++i) UpdateState(i, batch);
}

void Accumulator::UpdateState(std::size_t index, const JudgedBatch& batch) {
  const StateInput& input = inputs_[index];
  arguments_.clear();
  for (const BatchExpressions::Id argument : input.arguments) {
    arguments_.push_back(&expressions_.Value(argument, batch));
  }
  if (picked_for_ == nullptr || *picked_for_ != input) picked_ = PickFor(input, batch);
  picked_for_ = &input;
  const BoundState& state = query_.states[index].state;
  state.function->update({.rows = picked_.rows,
                          .cells = picked_.cells,
                          .offset = table_.layout().offset(index),
                          .arguments = arguments_,
                          .parameters = state.parameters,
                          .arena = &table_.arena()});
}

Accumulator::Accepted Accumulator::PickFor(const StateInput& input, const JudgedBatch& batch) {
  Accepted picked{.rows = rows_, .cells = cells_};
  if (input.filter) {
    const Column& filter = expressions_.Value(*input.filter, batch);
    picked =
        Pick(picked, [valid = filter.valid.data(), values = filter.integers.data()](
                         std::uint32_t row) { return (valid[row] != 0) & (values[row] != 0); });
  }
  if (arguments_.size() == 1 && HasNull(*arguments_[0], rows_.back())) {
    picked = Pick(picked, [valid = arguments_[0]->valid.data()](std::uint32_t row) {
      return valid[row] != 0;
    });
  }
  return picked;
}

// Once for all states of an argument and without a jump: the branch predictor cannot guess which
// rows are NULL. `from` may be what was picked before.
template <class Passes>
Accumulator::Accepted Accumulator::Pick(const Accepted& from, Passes passes) {
  picked_rows_.resize(from.rows.size());
  picked_cells_.resize(from.rows.size());
  std::uint32_t* const rows = picked_rows_.data();
  std::byte** const cells = picked_cells_.data();
  std::size_t size = 0;
  for (std::size_t i = 0; i < from.rows.size(); ++i) {
    const std::uint32_t row = from.rows[i];
    rows[size] = row;
    cells[size] = from.cells[i];
    size += passes(row) ? 1 : 0;
  }
  return {.rows = {rows, size}, .cells = {cells, size}};
}

}  // namespace tidemark
