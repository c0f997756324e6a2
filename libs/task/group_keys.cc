#include "task/group_keys.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/int128.h"
#include "shuffle/key.h"

namespace tidemark {
namespace {

// A print is a hash of a row's columns that needs no key to be written. Keys may differ in any
// byte, so it depends on all of them.
constexpr std::uint64_t kFirstPrint = 0xA0761D6478BD642FU;
constexpr std::uint64_t kNullWord = 0xE7037ED1A0B428DBU;

// No two words lead from one print to the same one. The low bits, which find a slot, come from the
// upper ones of the product, which depend on all bits.
std::uint64_t Mix(std::uint64_t print, std::uint64_t word) {
  return std::rotl((print ^ word) * 0x9E3779B97F4A7C15U, 32);
}

template <class Word>
std::uint64_t WordAt(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Whole words, of which the last two may overlap.
std::uint64_t MixText(std::uint64_t print, std::string_view text) {
  const char* const begin = text.data();
  const std::size_t size = text.size();
  print += size;
  if (size >= 8) {
    const char* const last = begin + size - 8;
    for (const char* at = begin; at < last; at += 8) print = Mix(print, WordAt<std::uint64_t>(at));
    return Mix(print, WordAt<std::uint64_t>(last));
  }
  if (size >= 4) {
    return Mix(print, WordAt<std::uint32_t>(begin) | WordAt<std::uint32_t>(begin + size - 4)
                                                         << 32U);
  }
  if (size == 0) return Mix(print, 0);
  return Mix(print, WordAt<std::uint8_t>(begin) | WordAt<std::uint8_t>(begin + size / 2) << 8U |
                        WordAt<std::uint8_t>(begin + size - 1) << 16U);
}

std::uint64_t MixInteger(std::uint64_t print, std::int64_t value) {
  return Mix(print, static_cast<std::uint64_t>(value));
}

std::uint64_t MixDecimal(std::uint64_t print, Int128 value) {
  const auto bits = static_cast<UInt128>(value);
  return Mix(Mix(print, static_cast<std::uint64_t>(bits)), static_cast<std::uint64_t>(bits >> 64U));
}

using Rows = std::span<const std::uint32_t>;
using Prints = std::array<std::uint64_t, KeyInterner::kGroup>;

// Mixes mix(print, row) in, or that there is no value.
template <class MixValue>
void MixColumn(const Column& column, Rows rows, Prints& prints, MixValue mix) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    prints[i] = column.valid[rows[i]] == 0 ? Mix(prints[i], kNullWord) : mix(prints[i], rows[i]);
  }
}

void MixColumn(const Column& column, Rows rows, Prints& prints) {
  switch (column.type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return MixColumn(column, rows, prints, [&](std::uint64_t print, std::uint32_t row) {
        return MixText(print, column.strings[row]);
      });
    case TypeKind::kDecimal:
      return MixColumn(column, rows, prints, [&](std::uint64_t print, std::uint32_t row) {
        return MixDecimal(print, column.decimals[row]);
      });
    case TypeKind::kBool:
      return MixColumn(column, rows, prints, [&](std::uint64_t print, std::uint32_t row) {
        return MixInteger(print, column.integers[row] == 0 ? 0 : 1);
      });
    default:
      return MixColumn(column, rows, prints, [&](std::uint64_t print, std::uint32_t row) {
        return MixInteger(print, column.integers[row]);
      });
  }
}

}  // namespace

GroupKeys::Use GroupKeys::Add(const QueryPlan& query) {
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
  for (Rows rest = rows; !rest.empty();) {
    const Rows group = rest.first(std::min(rest.size(), KeyInterner::kGroup));
    FillGroup(set, group);
    rest = rest.subspan(group.size());
  }
}

void GroupKeys::FillGroup(Set& set, Rows rows) {
  Prints prints;
  prints.fill(kFirstPrint);
  for (const Column* column : columns_) MixColumn(*column, rows, prints);

  const std::size_t known = set.interner.size();
  if (set.mostly_new) {
    InternRows(set, rows, std::span(prints).first(rows.size()));
  } else {
    FindRows(set, rows, prints);
  }
  set.mostly_new = (set.interner.size() - known) * 2 > rows.size();
}

void GroupKeys::FindRows(Set& set, Rows rows, std::span<std::uint64_t> prints) {
  std::array<InternedKey*, KeyInterner::kGroup> keys;
  set.interner.Find(prints.first(rows.size()), std::span(keys).first(rows.size()));
  std::array<std::uint32_t, KeyInterner::kGroup> picked;
  std::array<const char*, KeyInterner::kGroup> matches;
  std::size_t known = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    set.keys[rows[i]] = keys[i];
    if (keys[i] == nullptr) continue;
    picked[known] = rows[i];
    matches[known++] = keys[i]->bytes().data();
  }
  MatchKeys(0, columns_, std::span(picked).first(known), std::span(matches).first(known));
  for (std::size_t i = 0; i < known; ++i) {
    if (matches[i] == nullptr) set.keys[picked[i]] = nullptr;
  }

  std::size_t unknown = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    picked[unknown] = rows[i];
    prints[unknown] = prints[i];
    unknown += set.keys[rows[i]] == nullptr ? 1U : 0U;
  }
  if (unknown > 0) InternRows(set, std::span(picked).first(unknown), prints.first(unknown));
}

void GroupKeys::InternRows(Set& set, std::span<const std::uint32_t> rows,
                           std::span<const std::uint64_t> prints) {
  std::size_t room = 0;
  for (const std::uint32_t row : rows) room += KeyRoom(columns_, row);
  if (buffer_.size() < room) buffer_.resize(2 * room);

  // All are written before the first is hashed: words that were just written in pieces are slow to
  // read.
  std::array<std::uint32_t, KeyInterner::kGroup> fitting;
  std::size_t count = 0;
  char* at = buffer_.data();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    set.keys[rows[i]] = nullptr;
    char* const end = WriteKey(0, columns_, rows[i], at);
    candidates_[count] = {prints[i], {at, static_cast<std::size_t>(end - at)}};
    at = end;
    fitting[count] = rows[i];
    if (candidates_[count].bytes.size() <= kMaxKeyBytes) ++count;
  }
  std::array<InternedKey*, KeyInterner::kGroup> keys;
  set.interner.Intern(std::span(candidates_).first(count), std::span(keys).first(count));
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
