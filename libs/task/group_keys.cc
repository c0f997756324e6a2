#include "task/group_keys.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/int128.h"
#include "shuffle/key.h"

namespace tidemark {
namespace {

// A print is a hash of a row's columns that needs no key to be written. Keys may differ in any
// byte, so it depends on all of them.
constexpr std::uint64_t kNullPrint = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t kMixPrint = 0xA0761D6478BD642FU;

std::uint64_t Fold(std::uint64_t a, std::uint64_t b) {
  const UInt128 product = static_cast<UInt128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Mixes two words of a text in; they may overlap.
template <class Word>
std::uint64_t MixWords(std::uint64_t print, const char* first, const char* second) {
  Word words[2];
  std::memcpy(&words[0], first, sizeof(Word));
  std::memcpy(&words[1], second, sizeof(Word));
  return Fold(words[0] ^ kMixPrint, words[1] ^ print);
}

template <class Word>
std::uint64_t MixEnds(std::uint64_t print, std::string_view text) {
  return MixWords<Word>(print, text.data(), text.data() + text.size() - sizeof(Word));
}

std::uint64_t MixText(std::uint64_t print, std::string_view text) {
  print += text.size();
  if (text.size() > 16) {
    const char* const last = text.data() + text.size() - 16;
    for (const char* at = text.data(); at < last; at += 16)
      print = MixWords<std::uint64_t>(print, at, at + 8);
    return MixWords<std::uint64_t>(print, last, last + 8);
  }
  if (text.size() >= 8) return MixEnds<std::uint64_t>(print, text);
  if (text.size() >= 4) return MixEnds<std::uint32_t>(print, text);
  if (text.size() >= 2) return MixEnds<std::uint16_t>(print, text);
  return text.empty() ? Fold(print, kMixPrint) : MixEnds<std::uint8_t>(print, text);
}

std::uint64_t MixInteger(std::uint64_t print, std::int64_t value) {
  return Fold(static_cast<std::uint64_t>(value) ^ print, kMixPrint);
}

std::uint64_t MixDecimal(std::uint64_t print, Int128 value) {
  const auto bits = static_cast<UInt128>(value);
  return Fold(static_cast<std::uint64_t>(bits) ^ kMixPrint,
              static_cast<std::uint64_t>(bits >> 64U) ^ print);
}

using Rows = std::span<const std::uint32_t>;
using Prints = std::array<std::uint64_t, KeyInterner::kGroup>;

// Mixes mix(print, row) in, or that there is no value.
template <class Mix>
void MixColumn(const Column& column, Rows rows, Prints& prints, Mix mix) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    prints[i] = column.valid[rows[i]] == 0 ? Fold(prints[i], kNullPrint) : mix(prints[i], rows[i]);
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
  prints.fill(kNullPrint);
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
