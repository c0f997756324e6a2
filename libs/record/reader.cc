#include "record/reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

using wire::At;
using wire::Varint;
using wire::WireType;

using wire::kContinuations;

std::uint64_t Load64(At at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The upper bits of the first so many of 16 bytes, as two words.
struct UpperBits {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};
constexpr std::array<UpperBits, 17> kUpperBitsOf = [] {
  std::array<UpperBits, 17> bits{};
  for (unsigned size = 1; size < bits.size(); ++size) {
    bits[size] = bits[size - 1];
    (size <= 8 ? bits[size].first : bits[size].second) |= std::uint64_t{0x80} << (size - 1) % 8 * 8;
  }
  return bits;
}();

// Whether no byte is beyond ASCII. Of short ones without a jump: which sizes come cannot be
// foreseen.
inline bool IsAscii(At at, std::size_t size, At record_end) {
  if (size <= 16 && record_end - at >= 16) [[likely]] {
    const UpperBits bits = kUpperBitsOf[size];
    return ((Load64(at) & bits.first) | (Load64(at + 8) & bits.second)) == 0;
  }
  std::uint64_t seen = 0;
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) seen |= Load64(at + i);
    seen |= Load64(at + size - 8);
  } else {
    for (std::size_t i = 0; i < size; ++i) seen |= at[i];
  }
  return (seen & kContinuations) == 0;
}

inline bool IsText(At at, std::size_t size, At record_end) {
  return IsAscii(at, size, record_end) || IsUtf8({reinterpret_cast<const char*>(at), size});
}

std::uint64_t SignExtend(std::uint64_t bits) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(bits)));
}

std::uint64_t UnZigZag32(std::uint64_t bits) {
  return SignExtend(static_cast<std::uint64_t>(UnZigZag(bits & 0xffffffffU)));
}

std::uint64_t FromVarint(Step step, std::uint64_t bits) {
  switch (step) {
    case Step::kInt32:
      return SignExtend(bits);
    case Step::kUInt32:
      return bits & 0xffffffffU;
    case Step::kBool:
      return bits != 0 ? 1 : 0;
    case Step::kSInt32:
      return UnZigZag32(bits);
    case Step::kSInt64:
      return static_cast<std::uint64_t>(UnZigZag(bits));
    default:
      return bits;
  }
}

std::uint64_t FromFixed32(Step step, std::uint32_t bits) {
  switch (step) {
    case Step::kSFixed32:
      return SignExtend(bits);
    case Step::kFloat:
      return std::bit_cast<std::uint64_t>(double{std::bit_cast<float>(bits)});
    default:
      return bits;
  }
}

Slot BytesRead(At at, std::uint64_t size) {
  return {.bits = std::bit_cast<std::uint64_t>(at),
          .size = static_cast<std::uint32_t>(size),
          .valid = Slot::kRead};
}

Slot BitsRead(std::uint64_t bits) { return {.bits = bits, .valid = Slot::kRead}; }

inline Slot FromShortVarint(Shortcut shortcut, std::uint64_t bits) {
  if (shortcut.op == Op::kReadInt64) return BitsRead(bits);
  if (shortcut.op == Op::kReadUInt32) return BitsRead(bits & 0xffffffffU);
  if (shortcut.op == Op::kReadBool) return BitsRead(bits != 0 ? 1 : 0);
  bits = SignExtend(bits);
  return bits == 0 && shortcut.zero_is_null ? Slot{} : BitsRead(bits);
}

inline void CopySlots(const std::vector<Slot>& from, std::size_t begin, std::size_t end, Slot* to) {
  const Slot* const source = from.data();
  for (; begin != end; ++begin) to[begin] = source[begin];
}

}  // namespace

Reader::Reader(Program program)
    : program_(std::move(program)),
      outer_levels_(program_.levels.size()),
      outer_ends_(program_.levels.size()),
      lists_(program_.lists) {}

// Where a varint ends whose first byte, at `value`, says that there are more. Byte by byte: lengths
// are foreseen by the processor, so that the next field need not wait for this one.
[[gnu::always_inline]] inline Reader::Place Reader::SkipLongVarint(const Record& record,
                                                                   Place value) {
  if (value + 10 > record.size) [[unlikely]]
    return record.PlaceOf(wire::ReadLongVarint(record.begin + value, record.end()).at);
#pragma GCC unroll 9
  for (int i = 1; i < 10; ++i) {
    if (record.begin[value + i] < 0x80) return value + i + 1;
  }
  return kNowhere;
}

// One loop over the fields of all levels: what it needs stays in registers from level to level.
bool Reader::ReadLevels() {
  const Record record = record_;
  Inside inside{&program_.levels[0], record.size};
  Place at = 0;
  std::size_t depth = 0;
  for (;;) {
    // No field is shorter than two bytes, the tag and one more.
    while (at < inside.end - 1) {
      std::uint32_t tag = record.begin[at];
      std::uint32_t first = record.begin[at + 1];  // byte of the value, which begins at at + 1
      if (tag >= 0x80) {
        tag = (tag & 0x7fU) | (first << 7U);
        if (tag >= Level::kShortTags || at + 2 >= inside.end) break;
        if (inside.level->shortcuts[tag].op == Op::kRare) break;
        first = record.begin[++at + 1];
      }
      const Shortcut shortcut = inside.level->shortcuts[tag];
      if (shortcut.op == Op::kSkipVarint) {
        at = first < 0x80 ? at + 2 : SkipLongVarint(record, at + 1);
        continue;
      }
      if (shortcut.op == Op::kSkipBytes && first < 0x80) [[likely]] {
        at = at + 2 + static_cast<Place>(first);
        continue;
      }
      if (shortcut.op == Op::kReadText && first < 0x80) [[likely]] {
        at = ReadText(record, at + 2, at + 2 + static_cast<Place>(first), shortcut.index,
                      inside.end);
        continue;
      }
      if (shortcut.op == Op::kRare) break;
      if (shortcut.op != Op::kReadMessage) {
        at = ReadValue(record, shortcut, at + 1, first, inside.end);
        continue;
      }
      const Bytes bytes = ReadLength(record, at + 1, first);
      at = bytes.end <= inside.end ? bytes.begin : kNowhere;
      if (at == kNowhere) break;
      SwitchOneof(*inside.level, inside.level->dense[tag >> 3U], tag >> 3U);
      Enter({&program_.levels[shortcut.index], bytes.end}, inside, depth);
    }
    if (at < inside.end) {
      const Stop stop = ReadRare(inside, at);
      at = stop.at;
      if (stop.message.level != nullptr) Enter(stop.message, inside, depth);
      continue;
    }
    if (!MayEnd(inside, at)) return false;
    if (depth == 0) return true;
    at = inside.end;
    --depth;
    inside = {outer_levels_[depth], outer_ends_[depth]};
  }
}

inline bool Reader::MayEnd(const Inside& inside, Place at) {
  if (at == inside.end) return true;
  Note(Outcome::kBrokenPayload);
  return !inside.level->vital;
}

[[gnu::always_inline]] inline void Reader::Enter(const Inside& message, Inside& inside,
                                                 std::size_t& depth) {
  outer_levels_[depth] = inside.level;
  outer_ends_[depth] = inside.end;
  ++depth;
  inside = message;
  const Level& level = *message.level;
  if (record_.slots[level.presence].valid == 0)
    CopySlots(program_.present, level.presence, level.scalars_end, record_.slots);
}

[[gnu::always_inline]] inline Reader::Place Reader::ReadText(const Record& record, Place begin,
                                                             Place end, std::uint16_t slot,
                                                             Place level_end) {
  if (end > level_end) return kNowhere;
  const At text = record.begin + begin;
  const auto size = static_cast<std::size_t>(end - begin);
  if (!IsText(text, size, record.end())) [[unlikely]]
    Note(Outcome::kNotUtf8);
  record.slots[slot] = BytesRead(text, size);
  return end;
}

[[gnu::always_inline]] inline Reader::Bytes Reader::ReadLength(const Record& record, Place value,
                                                               std::uint32_t first) {
  Bytes bytes{value + 1, value + 1 + static_cast<Place>(first)};
  if (first >= 0x80) [[unlikely]] {
    const Varint length = wire::ReadLongLength(record.begin + value, record.end());
    if (length.at == nullptr) return {kNowhere, kNowhere};
    bytes.begin = length.at - record.begin;
    bytes.end = bytes.begin + static_cast<Place>(length.value);
  }
  return bytes;
}

[[gnu::always_inline]] inline Reader::Place Reader::ReadValue(const Record& record,
                                                              Shortcut shortcut, Place value,
                                                              std::uint32_t first, Place end) {
  if (shortcut.op <= Op::kReadText) {
    const Bytes bytes = ReadLength(record, value, first);
    if (shortcut.op == Op::kSkipBytes) return bytes.end;
    return ReadText(record, bytes.begin, bytes.end, shortcut.index, end);
  }
  if (shortcut.op <= Op::kReadBool) {
    Varint varint{record.begin + value + 1, first};
    if (first >= 0x80) varint = wire::ReadLongVarint(record.begin + value, record.end());
    if (varint.at == nullptr) return kNowhere;
    record.slots[shortcut.index] = FromShortVarint(shortcut, varint.value);
    return varint.at - record.begin;
  }
  if (shortcut.op == Op::kSkipFixed32) return value + 4;
  if (value + 8 > record.size) return kNowhere;
  if (shortcut.op == Op::kReadFixed64)
    record.slots[shortcut.index] = BitsRead(Load64(record.begin + value));
  return value + 8;
}

Reader::Stop Reader::ReadRare(const Inside& inside, Place place) {
  const Level& level = *inside.level;
  const At end = record_.begin + inside.end;
  wire::Tag tag;
  const At at = wire::ReadTag(record_.begin + place, end, tag);
  if (at == nullptr) return {kNowhere, {}};
  const Action& action = level.Find(tag.number);
  if (action.list && tag.type == WireType::kBytes && action.type != WireType::kBytes) {
    return {record_.PlaceOf(ReadPacked(action, at, end)), {}};
  }
  if (action.step == Step::kSkip || tag.type != action.type) {
    return {record_.PlaceOf(wire::Skip(at, end, tag, level.group_depth)), {}};
  }
  SwitchOneof(level, action, tag.number);
  if (action.step == Step::kMark) {
    return {record_.PlaceOf(wire::Skip(at, end, tag, level.group_depth)), {}};
  }
  if (action.step != Step::kMessage) return {record_.PlaceOf(ReadField(action, at, end)), {}};
  const Varint length = wire::ReadLength(at, end);
  if (length.at == nullptr) return {kNowhere, {}};
  const Place begin = length.at - record_.begin;
  return {begin, {&program_.levels[action.index], begin + static_cast<Place>(length.value)}};
}

At Reader::ReadField(const Action& action, At at, At end) {
  if (action.list) {
    Slot slot;
    at = ReadScalar(action, slot, at, end);
    if (at != nullptr) AddToList(action, slot);
    return at;
  }
  if (action.step == Step::kElement) {
    const Varint length = wire::ReadLength(at, end);
    if (length.at == nullptr) return nullptr;
    elements_.emplace_back(reinterpret_cast<const char*>(length.at), length.value);
    return length.at + length.value;
  }
  return ReadScalar(action, record_.slots[action.index], at, end);
}

At Reader::ReadScalar(const Action& action, Slot& slot, At at, At end) {
  std::uint64_t bits = 0;
  switch (action.type) {
    case WireType::kBytes:
      return ReadBytes(action, slot, at, end);
    case WireType::kFixed64:
      at = wire::ReadFixed(at, end, bits);
      break;
    case WireType::kFixed32: {
      std::uint32_t narrow = 0;
      at = wire::ReadFixed(at, end, narrow);
      bits = FromFixed32(action.step, narrow);
      break;
    }
    default: {
      const Varint varint = wire::ReadVarint(at, end);
      at = varint.at;
      bits = FromVarint(action.step, varint.value);
    }
  }
  if (at == nullptr) return nullptr;
  slot.bits = bits;
  slot.valid = action.zero_is_null && bits == 0 ? 0 : Slot::kRead;
  return at;
}

At Reader::ReadBytes(const Action& action, Slot& slot, At at, At end) {
  const Varint length = wire::ReadLength(at, end);
  if (length.at == nullptr) return nullptr;
  if (action.step == Step::kText && !IsText(length.at, length.value, record_.end()))
    Note(Outcome::kNotUtf8);
  slot = BytesRead(length.at, length.value);
  return length.at + length.value;
}

void Reader::AddToList(const Action& action, const Slot& slot) {
  if (slot.valid != 0) lists_[action.index].push_back(slot);
}

// The inside of a packed list is a level of its own: what is broken there never breaks the message
// around it, or the event time would depend on which lists are read.
At Reader::ReadPacked(const Action& action, At at, At end) {
  const Varint length = wire::ReadLength(at, end);
  at = length.at;
  if (at == nullptr) return nullptr;
  const At list_end = at + length.value;
  while (at != list_end) {
    Slot slot;
    at = ReadScalar(action, slot, at, list_end);
    if (at == nullptr) {
      Note(Outcome::kBrokenPayload);
      break;
    }
    AddToList(action, slot);
  }
  return list_end;
}

inline void Reader::SwitchOneof(const Level& level, const Action& action, std::uint32_t number) {
  if (action.oneof == 0) return;
  Slot& current = record_.slots[action.oneof];
  if (current.bits == number) return;
  if (current.bits != 0) Undo(level.Find(static_cast<std::uint32_t>(current.bits)));
  current.bits = number;
}

void Reader::Undo(const Action& action) {
  std::size_t begin = action.index;
  std::size_t end = begin + 1;
  switch (action.step) {
    case Step::kMark:
      return;
    case Step::kElement:
      TM_CHECK(false, "a repeated field is in no oneof");
      break;
    case Step::kMessage: {
      const Level& level = program_.levels[action.index];
      begin = level.presence;
      end = level.slots_end;
      for (std::size_t i = level.lists_begin; i < level.lists_end; ++i) lists_[i].clear();
      if (level.holds_elements) elements_.clear();
      break;
    }
    default:
      break;
  }
  CopySlots(program_.absent, begin, end, record_.slots);
}

}  // namespace tidemark
