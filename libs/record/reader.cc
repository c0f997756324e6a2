#include "record/reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

using wire::At;
using wire::WireType;

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

// Reads 8 bytes at a time, the last ones overlapping; anything beyond ASCII takes the full check.
bool IsText(At at, std::uint32_t size) {
  std::uint64_t seen = 0;
  std::uint64_t word = 0;
  if (size >= sizeof word) {
    for (std::uint32_t i = 0; i + sizeof word < size; i += sizeof word) {
      std::memcpy(&word, at + i, sizeof word);
      seen |= word;
    }
    std::memcpy(&word, at + size - sizeof word, sizeof word);
    seen |= word;
  } else {
    for (std::uint32_t i = 0; i < size; ++i) seen |= at[i];
  }
  return (seen & kHighBits) == 0 || IsUtf8({reinterpret_cast<const char*>(at), size});
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

inline At SkipBytes(At at, At end) {
  std::uint32_t length = 0;
  at = wire::ReadLength(at, end, length);
  return at == nullptr ? nullptr : at + length;
}

inline At SkipFixed(At at, At end, std::ptrdiff_t size) {
  return end - at < size ? nullptr : at + size;
}

// REQUIRES: at < end. Values of more than 8 bytes, or near the end, take the long way.
inline At SkipVarint(At at, At end) {
  if (*at < 0x80) return at + 1;
  std::uint64_t word = 0;
  if (end - at >= 8) std::memcpy(&word, at, sizeof word);
  const std::uint64_t stops = ~word & kHighBits;
  if (end - at >= 8 && stops != 0) return at + std::countr_zero(stops) / 8 + 1;
  return wire::ReadLongVarint(at, end, word);
}

// Passes the unread fields up to the first that is read or rare, or is close to the end. A tag of
// two bytes below 256 has the value of its first byte. nullptr: the framing is broken.
inline At SkipUnread(const Level& level, At at, At end) {
  constexpr std::ptrdiff_t kRoom = 3;  // a tag and the first byte of its value
  while (end - at >= kRoom) {
    const Op op = level.ops[*at];
    const At value = at + (*at < 0x80 ? 1 : 2);
    if (op > Op::kLastSkip || (*at >= 0x80 && at[1] != 1)) break;
    if (op == Op::kSkipBytes) {
      at = SkipBytes(value, end);
    } else if (op == Op::kSkipVarint) {
      at = SkipVarint(value, end);
    } else {
      at = SkipFixed(value, end, op == Op::kSkipFixed32 ? 4 : 8);
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace

Reader::Reader(Program program)
    : program_(std::move(program)), slots_(program_.absent), lists_(program_.lists) {}

Reader::Outcome Reader::Read(std::string_view message) {
  outcome_ = Outcome::kWhole;
  std::copy(program_.absent.begin(), program_.absent.end(), slots_.begin());
  for (auto& list : lists_) list.clear();
  elements_.clear();
  const auto* at = reinterpret_cast<At>(message.data());
  if (!ReadLevel(program_.levels[0], at, at + message.size())) return Outcome::kBroken;
  return outcome_;
}

bool Reader::ReadLevel(const Level& level, At at, At end) {
  while (true) {
    at = SkipUnread(level, at, end);
    if (at == end) return true;
    if (at != nullptr) at = Advance(level, at, end);
    if (at == nullptr) return false;
  }
}

[[gnu::always_inline]] inline At Reader::Advance(const Level& level, At at, At end) {
  const At start = at;
  std::uint32_t tag = *at++;
  if (tag >= 0x80 && at == end) return nullptr;
  if (tag >= 0x80) tag = (tag & 0x7fU) | (static_cast<std::uint32_t>(*at++) << 7U);
  if (tag >= level.ops.size()) return ReadRare(level, start, end);
  switch (level.ops[tag]) {
    case Op::kSkipBytes:
      return SkipBytes(at, end);
    case Op::kSkipVarint:
      return at == end ? nullptr : SkipVarint(at, end);
    case Op::kSkipFixed32:
      return SkipFixed(at, end, 4);
    case Op::kSkipFixed64:
      return SkipFixed(at, end, 8);
    case Op::kReadText: {
      const Action& action = level.dense[tag >> 3U];
      return ReadBytes(action, slots_[action.index], at, end);
    }
    case Op::kReadInt64:
      return ReadShort<Op::kReadInt64>(level.dense[tag >> 3U], at, end);
    case Op::kReadInt32:
      return ReadShort<Op::kReadInt32>(level.dense[tag >> 3U], at, end);
    case Op::kReadUInt32:
      return ReadShort<Op::kReadUInt32>(level.dense[tag >> 3U], at, end);
    case Op::kReadMessage: {
      const Action& action = level.dense[tag >> 3U];
      if (action.oneof != 0) SwitchOneof(level, action, tag >> 3U);
      return ReadMessage(action, at, end);
    }
    case Op::kRare:
      break;
  }
  return ReadRare(level, start, end);
}

template <Op op>
inline wire::At Reader::ReadShort(const Action& action, At at, At end) {
  std::uint64_t bits = 0;
  at = wire::ReadVarint(at, end, bits);
  if (op == Op::kReadInt32) bits = SignExtend(bits);
  if (op == Op::kReadUInt32) bits &= 0xffffffffU;
  Slot& slot = slots_[action.index];
  slot.bits = bits;
  slot.valid = action.zero_is_null && bits == 0 ? 0 : Slot::kRead;
  return at;
}

wire::At Reader::ReadRare(const Level& level, At at, At end) {
  wire::Tag tag;
  at = wire::ReadTag(at, end, tag);
  if (at == nullptr) return nullptr;
  const Action& action = level.Find(tag.number);
  if (action.list && tag.type == WireType::kBytes && action.type != WireType::kBytes) {
    return ReadPacked(action, at, end);
  }
  if (action.step == Step::kSkip || tag.type != action.type) {
    return wire::Skip(at, end, tag, level.group_depth);
  }
  if (action.oneof != 0) SwitchOneof(level, action, tag.number);
  if (action.step == Step::kMark) return wire::Skip(at, end, tag, level.group_depth);
  return ReadField(action, at, end);
}

wire::At Reader::ReadField(const Action& action, At at, At end) {
  if (action.step == Step::kMessage) return ReadMessage(action, at, end);
  if (action.list) {
    Slot slot;
    at = ReadScalar(action, slot, at, end);
    if (at != nullptr) AddToList(action, slot);
    return at;
  }
  if (action.step == Step::kElement) {
    std::uint32_t length = 0;
    at = wire::ReadLength(at, end, length);
    if (at == nullptr) return nullptr;
    elements_.emplace_back(reinterpret_cast<const char*>(at), length);
    return at + length;
  }
  return ReadScalar(action, slots_[action.index], at, end);
}

wire::At Reader::ReadMessage(const Action& action, At at, At end) {
  std::uint32_t length = 0;
  at = wire::ReadLength(at, end, length);
  if (at == nullptr) return nullptr;
  const Level& level = program_.levels[action.index];
  if (slots_[level.presence].valid == 0) {
    std::copy(program_.present.begin() + level.presence,
              program_.present.begin() + level.scalars_end, slots_.begin() + level.presence);
  }
  if (!ReadLevel(level, at, at + length)) {
    if (level.vital) return nullptr;
    Note(Outcome::kBrokenPayload);
  }
  return at + length;
}

wire::At Reader::ReadScalar(const Action& action, Slot& slot, At at, At end) {
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
    default:
      at = wire::ReadVarint(at, end, bits);
      bits = FromVarint(action.step, bits);
  }
  if (at == nullptr) return nullptr;
  slot.bits = bits;
  slot.valid = action.zero_is_null && bits == 0 ? 0 : Slot::kRead;
  return at;
}

wire::At Reader::ReadBytes(const Action& action, Slot& slot, At at, At end) {
  std::uint32_t length = 0;
  at = wire::ReadLength(at, end, length);
  if (at == nullptr) return nullptr;
  if (action.step == Step::kText && !IsText(at, length)) Note(Outcome::kNotUtf8);
  slot = {.bits = std::bit_cast<std::uint64_t>(at), .size = length, .valid = Slot::kRead};
  return at + length;
}

void Reader::AddToList(const Action& action, const Slot& slot) {
  if (slot.valid != 0) lists_[action.index].push_back(slot);
}

// The inside of a packed list is a level of its own: what is broken there never breaks the message
// around it, or the event time would depend on which lists are read.
wire::At Reader::ReadPacked(const Action& action, At at, At end) {
  std::uint32_t length = 0;
  at = wire::ReadLength(at, end, length);
  if (at == nullptr) return nullptr;
  const At list_end = at + length;
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

void Reader::SwitchOneof(const Level& level, const Action& action, std::uint32_t number) {
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
  std::copy(program_.absent.begin() + static_cast<std::ptrdiff_t>(begin),
            program_.absent.begin() + static_cast<std::ptrdiff_t>(end),
            slots_.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace tidemark
