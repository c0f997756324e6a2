// The protobuf wire format, read from bytes that nobody vouches for.
//
// Every reader takes a position and an end, REQUIRES at <= end, never reads at or past `end`, and
// returns the position behind what it read, or nullptr if the framing is broken. Accepts exactly
// what protobuf's generated C++ code does: tags and lengths of at most 5 bytes, varints of at most
// 10, surplus bits dropped.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace tidemark::wire {

using At = const std::uint8_t*;

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

struct Tag {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;  // may hold 6 or 7, which Skip refuses
};

// Sub-messages and groups nest at most this deep below a record.
inline constexpr int kMaxDepth = 100;

// A position and what was read, in two registers: callers of hot loops keep nothing in memory.
struct Varint {
  At at = nullptr;
  std::uint64_t value = 0;
};

At ReadLongTag(At at, At end, Tag& tag);
Varint ReadVarintBytewise(At at, At end);
Varint ReadLongLength(At at, At end);
// Skips the rest of a group of field `number`, after its start tag, through its matching end tag.
// `depth` is how many groups may nest, this one included.
At SkipGroup(At at, At end, std::uint32_t number, int depth);

inline constexpr std::uint64_t kContinuations = 0x8080808080808080ULL;

// The payload bits of up to 8 varint bytes, moved together.
inline std::uint64_t Compact(std::uint64_t word) {
  word = ((word & 0x7f007f007f007f00ULL) >> 1U) | (word & 0x007f007f007f007fULL);
  word = ((word & 0xffff0000ffff0000ULL) >> 2U) | (word & 0x0000ffff0000ffffULL);
  return ((word & 0xffffffff00000000ULL) >> 4U) | (word & 0x00000000ffffffffULL);
}

// Values of up to 8 bytes that are not close to the end in one step.
inline Varint ReadLongVarint(At at, At end) {
  if (end - at < 8) return ReadVarintBytewise(at, end);
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t stops = ~word & kContinuations;
  if (stops == 0) return ReadVarintBytewise(at, end);
  const unsigned last = static_cast<unsigned>(std::countr_zero(stops)) / 8;
  return {at + last + 1, Compact(word & (stops ^ (stops - 1)))};
}

// Refuses field number 0.
inline At ReadTag(At at, At end, Tag& tag) {
  if (at == end || *at >= 0x80) return ReadLongTag(at, end, tag);
  tag = {.number = static_cast<std::uint32_t>(*at) >> 3U, .type = static_cast<WireType>(*at & 7U)};
  return tag.number == 0 ? nullptr : at + 1;
}

inline Varint ReadVarint(At at, At end) {
  if (at == end || *at >= 0x80) return ReadLongVarint(at, end);
  return {at + 1, *at};
}

// Refuses a length that reaches past `end`.
inline Varint ReadLength(At at, At end) {
  if (at == end || *at >= 0x80) return ReadLongLength(at, end);
  const std::uint64_t length = *at++;
  if (length > static_cast<std::uint64_t>(end - at)) return {};
  return {at, length};
}

template <class T>
At ReadFixed(At at, At end, T& value) {
  if (static_cast<std::size_t>(end - at) < sizeof value) return nullptr;
  std::memcpy(&value, at, sizeof value);
  return at + sizeof value;
}

// Skips a field's value. `depth` is how many groups may nest here.
inline At Skip(At at, At end, Tag tag, int depth) {
  switch (tag.type) {
    case WireType::kBytes: {
      const Varint length = ReadLength(at, end);
      return length.at == nullptr ? nullptr : length.at + length.value;
    }
    case WireType::kVarint:
      return ReadVarint(at, end).at;
    case WireType::kFixed64:
      return end - at < 8 ? nullptr : at + 8;
    case WireType::kFixed32:
      return end - at < 4 ? nullptr : at + 4;
    case WireType::kStartGroup:
      return SkipGroup(at, end, tag.number, depth);
    case WireType::kEndGroup:
      break;
  }
  return nullptr;
}

}  // namespace tidemark::wire
