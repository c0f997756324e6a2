// What a parser written by hand for one message is made of: nothing of ours, texts unchecked. The
// mark for decoding was measured with such a one.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::by_hand {

using At = const std::uint8_t*;

inline At Varint(At at, At end, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; at < end && shift < 70; shift += 7) {
    const std::uint8_t byte = *at++;
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return at;
  }
  return nullptr;
}

// Calls take(tag, value, behind) for each field; of bytes the value is the length. False: broken.
template <class Take>
bool Fields(At at, At end, Take take) {
  while (at < end) {
    std::uint64_t tag = 0;
    std::uint64_t value = 0;
    at = Varint(at, end, tag);
    if (at == nullptr) return false;
    switch (tag & 7U) {
      case 0:
        at = Varint(at, end, value);
        break;
      case 1:
        at = end - at < 8 ? nullptr : at + 8;
        break;
      case 2:
        at = Varint(at, end, value);
        if (at != nullptr) at = value > static_cast<std::uint64_t>(end - at) ? nullptr : at + value;
        break;
      case 5:
        at = end - at < 4 ? nullptr : at + 4;
        break;
      default:
        return false;
    }
    if (at == nullptr || !take(tag, value, at)) return false;
  }
  return true;
}

inline std::string_view Text(At behind, std::uint64_t size) {
  return {reinterpret_cast<const char*>(behind - size), size};
}

}  // namespace tidemark::by_hand
