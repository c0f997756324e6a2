#include "record/reader.h"

#include <algorithm>
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

// Whether no byte is beyond ASCII. Whole words that overlap save a loop over the odd bytes.
inline bool IsAscii(At at, std::size_t size, At record_end) {
  std::uint64_t seen = 0;
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) seen |= Load64(at + i);
    seen |= Load64(at + size - 8);
  } else if (record_end - at >= 8) {
    seen = Load64(at) & ((std::uint64_t{1} << (8 * size)) - 1);
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

inline Slot FromShortVarint(const Shortcut& shortcut, std::uint64_t bits) {
  switch (shortcut.op) {
    case Op::kReadInt32:
      bits = SignExtend(bits);
      return bits == 0 && shortcut.zero_is_null ? Slot{} : BitsRead(bits);
    case Op::kReadUInt32:
      return BitsRead(bits & 0xffffffffU);
    case Op::kReadBool:
      return BitsRead(bits != 0 ? 1 : 0);
    default:
      return BitsRead(bits);
  }
}

// Of a varint whose first byte says that there are more. Byte by byte: lengths are foreseen by the
// processor, so that the next field need not wait for this one.
inline At SkipLongVarint(At at, At record_end) {
  if (record_end - at < 10) return wire::ReadLongVarint(at, record_end).at;
  for (int i = 1; i < 10; ++i) {
    if (at[i] < 0x80) return at + i + 1;
  }
  return nullptr;
}

inline At SkipFixed(At at, At record_end, std::ptrdiff_t size) {
  return record_end - at < size ? nullptr : at + size;
}

// A length whose first byte has been looked at. nullptr: it reaches past `end`, which may lie
// before `at`.
inline Varint ReadFittingLength(At at, std::uint32_t first, At end, At record_end) {
  Varint length{at + 1, first};
  if (first >= 0x80) length = wire::ReadLongLength(at, record_end);
  if (static_cast<std::ptrdiff_t>(length.value) > end - length.at) return {};
  return length;
}

inline void CopySlots(const std::vector<Slot>& from, std::size_t begin, std::size_t end, Slot* to) {
  std::memcpy(to + begin, from.data() + begin, (end - begin) * sizeof(Slot));
}

}  // namespace

Reader::Reader(Program program)
    : program_(std::move(program)), outer_(program_.levels.size()), lists_(program_.lists) {}

Reader::Outcome Reader::Read(std::string_view message, Slot* slots) {
  outcome_ = Outcome::kWhole;
  slots_ = slots;
  CopySlots(program_.absent, 0, program_.absent.size(), slots);
  for (auto& list : lists_) list.clear();
  elements_.clear();
  const auto* at = reinterpret_cast<At>(message.data());
  record_end_ = at + message.size();
  return ReadLevels(at) ? outcome_ : Outcome::kBroken;
}

bool Reader::ReadLevels(At at) {
  Inside inside{&program_.levels[0], record_end_};
  std::size_t depth = 0;
  for (;;) {
    Stop stop = ReadShort(inside, at);
    if (stop.message.level == nullptr && stop.at != nullptr && stop.at < inside.end) {
      stop = ReadRare(inside, stop.at);
      at = stop.at;
      if (stop.message.level == nullptr && at != nullptr && at < inside.end) continue;
    }
    at = stop.at;
    if (stop.message.level != nullptr) {
      Enter(*stop.message.level);
      outer_[depth++] = std::exchange(inside, stop.message);
      continue;
    }
    if (at != inside.end) {
      if (inside.level->vital) return false;
      Note(Outcome::kBrokenPayload);
      at = inside.end;
    }
    if (depth == 0) return true;
    inside = outer_[--depth];
  }
}

void Reader::Enter(const Level& level) {
  if (slots_[level.presence].valid == 0)
    CopySlots(program_.present, level.presence, level.scalars_end, slots_);
}

[[gnu::always_inline]] inline Reader::Stop Reader::ReadShort(const Inside& inside, At at) {
  const At record_end = record_end_;
  const At end = inside.end;
  if (record_end - at < 2) return {at, {}};
  // A tag of one byte and the first byte behind it are there.
  const At short_end = std::min(end, record_end - 1);
  const Level& level = *inside.level;
  Slot* const slots = slots_;
  while (at < short_end) {
    const At start = at;
    std::uint32_t tag = *at++;
    std::uint32_t first = *at;
    if (tag >= 0x80) {
      if (record_end - at < 2) return {start, {}};
      tag = (tag & 0x7fU) | (first << 7U);
      if (tag >= Level::kShortTags) tag = 0;
      first = *++at;
    }
    const Shortcut shortcut = level.shortcuts[tag];
    if (shortcut.op == Op::kSkipVarint) {
      at = first < 0x80 ? at + 1 : SkipLongVarint(at, record_end);
      if (at == nullptr) return {};
      continue;
    }
    if (shortcut.op <= Op::kReadMessage) {
      const Varint length = ReadFittingLength(at, first, end, record_end);
      if (length.at == nullptr) return {};
      at = length.at + length.value;
      if (shortcut.op == Op::kSkipBytes) continue;
      if (shortcut.op == Op::kReadMessage) {
        SwitchOneof(level, level.dense[tag >> 3U], tag >> 3U);
        return {length.at, {&program_.levels[shortcut.index], at}};
      }
      if (!IsText(length.at, length.value, record_end)) Note(Outcome::kNotUtf8);
      slots[shortcut.index] = BytesRead(length.at, length.value);
      continue;
    }
    if (shortcut.op <= Op::kReadBool) {
      const Varint varint = wire::ReadVarint(at, record_end);
      at = varint.at;
      slots[shortcut.index] = FromShortVarint(shortcut, varint.value);
    } else if (shortcut.op == Op::kRare) {
      return {start, {}};
    } else {
      at = SkipFixed(at, record_end, shortcut.op == Op::kSkipFixed32 ? 4 : 8);
      if (at != nullptr && shortcut.op == Op::kReadFixed64)
        slots[shortcut.index] = BitsRead(Load64(at - 8));
    }
    if (at == nullptr) return {};
  }
  return {at, {}};
}

Reader::Stop Reader::ReadRare(const Inside& inside, At at) {
  const Level& level = *inside.level;
  const At end = inside.end;
  wire::Tag tag;
  at = wire::ReadTag(at, end, tag);
  if (at == nullptr) return {};
  const Action& action = level.Find(tag.number);
  if (action.list && tag.type == WireType::kBytes && action.type != WireType::kBytes) {
    return {ReadPacked(action, at, end), {}};
  }
  if (action.step == Step::kSkip || tag.type != action.type) {
    return {wire::Skip(at, end, tag, level.group_depth), {}};
  }
  SwitchOneof(level, action, tag.number);
  if (action.step == Step::kMark) return {wire::Skip(at, end, tag, level.group_depth), {}};
  if (action.step != Step::kMessage) return {ReadField(action, at, end), {}};
  const Varint length = wire::ReadLength(at, end);
  if (length.at == nullptr) return {};
  return {length.at, {&program_.levels[action.index], length.at + length.value}};
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
  return ReadScalar(action, slots_[action.index], at, end);
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
  if (action.step == Step::kText && !IsText(length.at, length.value, record_end_))
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
  Slot& current = slots_[action.oneof];
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
  CopySlots(program_.absent, begin, end, slots_);
}

}  // namespace tidemark
