#include "task/group_keys.h"

#include <algorithm>
#include <array>

#include "shuffle/key.h"

namespace tidemark {

GroupKeys::Use GroupKeys::Add(const QueryPlan& query) {
  buffer_.resize(KeyInterner::kGroup * kMaxKeyBytes + kKeyRoom);
  std::vector<std::size_t> columns;
  for (const GroupColumn& column : query.group) columns.push_back(column.column);
  auto set = std::find_if(sets_.begin(), sets_.end(),
                          [&](const Set& known) { return known.columns == columns; });
  if (set == sets_.end()) {
    sets_.emplace_back();
    set = std::prev(sets_.end());
    set->columns = std::move(columns);
    set->keys.reserve(kBatchRows);
  }
  ++set->users;
  return {.set = static_cast<std::size_t>(set - sets_.begin()), .memo = set->interner.AddMemo()};
}

const std::vector<InternedKey*>& GroupKeys::Of(std::size_t set, const JudgedBatch& batch,
                                               const Selection& passing) {
  Set& wanted = sets_[set];
  if (wanted.filled != batch_) {
    Fill(wanted, batch, wanted.users > 1 ? batch.live : passing);
    wanted.filled = batch_;
  }
  return wanted.keys;
}

void GroupKeys::Fill(Set& set, const JudgedBatch& batch, const Selection& rows) {
  columns_.clear();
  for (const std::size_t column : set.columns) columns_.push_back(&batch.rows.columns[column]);
  set.keys.resize(batch.rows.rows);
  for (std::span<const std::uint32_t> rest = rows; !rest.empty();) {
    const auto group = rest.first(std::min(rest.size(), KeyInterner::kGroup));
    FillGroup(set, group);
    rest = rest.subspan(group.size());
  }
}

void GroupKeys::FillGroup(Set& set, std::span<const std::uint32_t> rows) {
  std::array<std::string_view, KeyInterner::kGroup> candidates;
  std::array<std::uint32_t, KeyInterner::kGroup> fitting;
  std::size_t count = 0;
  char* at = buffer_.data();
  for (const std::uint32_t row : rows) {
    set.keys[row] = nullptr;
    char* const end = WriteKey(0, columns_, row, at);
    if (end == nullptr) continue;
    candidates[count] = {at, static_cast<std::size_t>(end - at)};
    fitting[count++] = row;
    at = end;
  }
  std::array<InternedKey*, KeyInterner::kGroup> keys;
  set.interner.Intern(std::span(candidates).first(count), std::span(keys).first(count));
  for (std::size_t i = 0; i < count; ++i) set.keys[fitting[i]] = keys[i];
}

std::size_t GroupKeys::bytes() const {
  std::size_t bytes = 0;
  for (const Set& set : sets_) bytes += set.interner.bytes();
  return bytes;
}

void GroupKeys::Clear() {
  for (Set& set : sets_) set.interner.Clear();
}

}  // namespace tidemark
