#include "record/wire.h"

#include <array>

namespace tidemark::wire {

Varint ReadVarintBytewise(At at, At end) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && at != end; shift += 7) {
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return {at, value};
  }
  return {};
}

At ReadLongTag(At at, At end, Tag& tag) {
  std::uint32_t bits = 0;
  for (unsigned shift = 0; shift < 35 && at != end; shift += 7) {
    const std::uint8_t byte = *at++;
    bits |= static_cast<std::uint32_t>(byte & 0x7fU) << shift;
    if (byte >= 0x80) continue;
    tag = {.number = bits >> 3U, .type = static_cast<WireType>(bits & 7U)};
    return tag.number == 0 ? nullptr : at;
  }
  return nullptr;
}

Varint ReadLongLength(At at, At end) {
  std::uint64_t bits = 0;
  for (unsigned shift = 0; shift < 35 && at != end; shift += 7) {
    const std::uint8_t byte = *at++;
    bits |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte >= 0x80) continue;
    if (bits > static_cast<std::uint64_t>(end - at)) return {};
    return {at, bits};
  }
  return {};
}

At SkipGroup(At at, At end, std::uint32_t number, int depth) {
  std::array<std::uint32_t, kMaxDepth> open;
  if (depth < 1) return nullptr;
  int opened = 1;
  open[0] = number;
  Tag tag;
  while (opened > 0) {
    at = ReadTag(at, end, tag);
    if (at == nullptr) return nullptr;
    if (tag.type == WireType::kEndGroup) {
      if (open[static_cast<std::size_t>(--opened)] != tag.number) return nullptr;
    } else if (tag.type == WireType::kStartGroup) {
      if (opened >= depth) return nullptr;
      open[static_cast<std::size_t>(opened++)] = tag.number;
    } else {
      at = Skip(at, end, tag, 0);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

}  // namespace tidemark::wire
