// counts: how often each value occurs, for at most 256 values.
//
// Kept are the smallest values, by number or by bytes; the rest counts as other. A value that one
// part of the input drops has 256 smaller ones there, so it is not among the 256 smallest of the
// whole: what is kept, and every count, is a function of the multiset of values.
#include <algorithm>
#include <bit>
#include <map>

#include "aggregate/bind.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"
#include "aggregate/text_block.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxValues = 256;
constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kShortestBlock = 4;  // entries

struct IntegerEntry {
  using Key = std::int64_t;
  std::int64_t value;
  std::uint64_t count;

  Key key() const { return value; }
  void SetKey(Key key, StateArena&) { value = key; }
  void Release(StateArena&) {}
  static bool IsCountable(Key) { return true; }
  static void EncodeKey(Key key, ByteWriter& out) { out.ZigZagLeb128(key); }
  static Key DecodeKey(ByteReader& in) { return in.ZigZagLeb128(); }
  static Key Cell(const Column& column, std::size_t at) { return column.integers[at]; }
};

struct TextEntry {
  using Key = std::string_view;
  TextBlock text;
  std::uint64_t count;

  Key key() const { return text.view(); }
  void SetKey(Key key, StateArena& arena) {
    text = {};
    text.Assign(key, arena);
  }
  void Release(StateArena& arena) { text.Clear(arena); }
  static bool IsCountable(Key key) { return key.size() <= kMaxTextBytes; }
  static void EncodeKey(Key key, ByteWriter& out) { out.LengthPrefixed(key); }
  static Key DecodeKey(ByteReader& in) { return in.LengthPrefixed(); }
  static Key Cell(const Column& column, std::size_t at) { return column.strings[at]; }
};

template <class Entry>
class Counts {
 public:
  using Key = typename Entry::Key;

  void Add(Key key, std::uint64_t count, StateArena& arena) {
    if (!Entry::IsCountable(key)) {
      other_ += count;
      return;
    }
    Entry* at = Find(key);
    if (at != end() && at->key() == key) {
      at->count += count;
    } else {
      Insert(at, key, count, arena);
    }
  }
  void Merge(const Counts& from, StateArena& arena) {
    other_ += from.other_;
    for (const Entry* entry = from.begin(); entry != from.end(); ++entry)
      Add(entry->key(), entry->count, arena);
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(other_);
    out.Leb128(size_);
    for (const Entry* entry = begin(); entry != end(); ++entry) {
      Entry::EncodeKey(entry->key(), out);
      out.Leb128(entry->count);
    }
  }
  bool MergeEncoded(ByteReader& in, StateArena& arena) {
    other_ += in.Leb128();
    const std::uint64_t values = in.Leb128();
    if (!in.ok() || values > kMaxValues) return false;
    Key previous{};
    for (std::uint64_t i = 0; i < values; ++i) {
      const Key key = Entry::DecodeKey(in);
      const std::uint64_t count = in.Leb128();
      const bool ascending = i == 0 || previous < key;
      if (!in.ok() || count == 0 || !ascending || !Entry::IsCountable(key)) return false;
      Add(key, count, arena);
      previous = key;
    }
    return true;
  }

  std::uint64_t other() const { return other_; }
  const Entry* begin() const { return reinterpret_cast<const Entry*>(block_); }
  const Entry* end() const { return begin() + size_; }

 private:
  Entry* begin() { return reinterpret_cast<Entry*>(block_); }
  Entry* end() { return begin() + size_; }
  Entry* Find(Key key) {
    return std::lower_bound(begin(), end(), key,
                            [](const Entry& entry, Key wanted) { return entry.key() < wanted; });
  }
  static std::size_t BlockBytes(std::size_t entries) {
    return std::bit_ceil(std::max(entries, kShortestBlock)) * sizeof(Entry);
  }

  void Insert(Entry* at, Key key, std::uint64_t count, StateArena& arena) {
    if (size_ == kMaxValues && at == end()) {
      other_ += count;
      return;
    }
    const auto index = at - begin();
    if (size_ == kMaxValues) {
      DropLast(arena);
    } else {
      MakeRoom(arena);
    }
    std::copy_backward(begin() + index, end(), end() + 1);
    Entry& entry = begin()[index];
    entry.SetKey(key, arena);
    entry.count = count;
    ++size_;
  }
  void DropLast(StateArena& arena) {
    --size_;
    other_ += end()->count;
    end()->Release(arena);
  }
  void MakeRoom(StateArena& arena) {
    const std::size_t held = size_ == 0 ? 0 : BlockBytes(size_);
    const std::size_t needed = BlockBytes(size_ + 1);
    if (held == needed) return;
    std::byte* grown = arena.Allocate(needed);
    std::copy_n(begin(), size_, reinterpret_cast<Entry*>(grown));
    if (block_ != nullptr) arena.Free(block_, held);
    block_ = grown;
  }

  std::byte* block_;
  std::uint64_t size_;
  std::uint64_t other_;
};

template <class Entry>
void UpdateLists(const UpdateBatch& batch, const Column& lists) {
  const Column& elements = *lists.elements;
  ForEachValid<Counts<Entry>>(batch, lists, [&](Counts<Entry>& state, std::uint32_t row) {
    for (std::size_t at = lists.ListBegin(row); at < lists.list_ends[row]; ++at) {
      if (elements.valid[at] != 0) state.Add(Entry::Cell(elements, at), 1, *batch.arena);
    }
  });
}

template <class Entry>
void Update(const UpdateBatch& batch) {
  const Column& column = *batch.arguments[0];
  if (column.type.kind == TypeKind::kList) return UpdateLists<Entry>(batch, column);
  ForEachValid<Counts<Entry>>(batch, column, [&](Counts<Entry>& state, std::uint32_t row) {
    state.Add(Entry::Cell(column, row), 1, *batch.arena);
  });
}
template <class Entry>
void Merge(std::byte* into, const std::byte* from, StateArena& arena) {
  StateAt<Counts<Entry>>(into).Merge(StateAt<Counts<Entry>>(from), arena);
}
template <class Entry>
void Encode(const std::byte* state, ByteWriter& out) {
  StateAt<Counts<Entry>>(state).Encode(out);
}
template <class Entry>
bool MergeEncoded(std::byte* into, ByteReader& in, StateArena& arena) {
  return StateAt<Counts<Entry>>(into).MergeEncoded(in, arena);
}

std::string NameOf(std::int64_t value, const Type& type) {
  if (type.kind == TypeKind::kBool) return value != 0 ? "true" : "false";
  if (type.kind == TypeKind::kEnum && type.enumeration) return type.enumeration->NameOf(value);
  return std::to_string(value);
}
std::string NameOf(std::string_view value, const Type&) { return std::string(value); }

// Values of one name share a member: a text may read "__other__", two numbers of an enum may have
// one name.
template <class Entry>
Value Finish(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<Counts<Entry>>(bytes);
  const Type type =
      context.argument.kind == TypeKind::kList ? context.argument.Element() : context.argument;
  std::map<std::string, Int128> sorted;
  for (const Entry& entry : state) sorted[NameOf(entry.key(), type)] += entry.count;
  if (state.other() != 0) sorted["__other__"] += state.other();
  ValueObject object;
  for (auto& [name, count] : sorted) object.push_back({name, Value{count}});
  return {std::move(object)};
}

template <class Entry>
constexpr StateFunction Function(std::string_view name) {
  return {.name = name,
          .size = sizeof(Counts<Entry>),
          .update = Update<Entry>,
          .merge = Merge<Entry>,
          .encode = Encode<Entry>,
          .merge_encoded = MergeEncoded<Entry>};
}

BoundAggregate Bound(const StateFunction& function, FinishFunction finish) {
  return {.state = {.function = &function},
          .finish = finish,
          .result = Type::Of(TypeKind::kObject),
          .column_arguments = 1};
}

}  // namespace

const StateFunction kCountsIntegerState = Function<IntegerEntry>("counts");
const StateFunction kCountsTextState = Function<TextEntry>("counts_text");

Result<BoundAggregate> BindCounts(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("counts(x)", types, 1));
  switch (types[0].kind == TypeKind::kList ? types[0].element : types[0].kind) {
    case TypeKind::kBool:
    case TypeKind::kInteger:
    case TypeKind::kEnum:
      return Bound(kCountsIntegerState, Finish<IntegerEntry>);
    case TypeKind::kString:
      return Bound(kCountsTextState, Finish<TextEntry>);
    default:
      return Status::Invalid(
          StrCat("counts(x): x must be an enum, string, boolean, integer or an array of them, got ",
                 types[0].ToString()));
  }
}

}  // namespace tidemark
