// Copying and comparing byte strings that are mostly short, without a call: two words that overlap
// save a loop over the odd bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tidemark {
namespace short_bytes_internal {

// REQUIRES: kSize <= size <= 2 * kSize.
template <std::size_t kSize>
void CopyEnds(const char* from, std::size_t size, char* to) {
  char ends[2][kSize];
  std::memcpy(ends[0], from, kSize);
  std::memcpy(ends[1], from + size - kSize, kSize);
  std::memcpy(to, ends[0], kSize);
  std::memcpy(to + size - kSize, ends[1], kSize);
}

inline std::uint32_t WordAt(const char* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// By four words that overlap: which sizes come cannot be foreseen, so there is no jump between 4
// and
// 15. REQUIRES: 4 <= size < 16.
inline void CopyQuarters(const char* from, std::size_t size, char* to) {
  const std::size_t second = size / 8 * 4;
  const std::size_t fourth = size - 4;
  const std::size_t third = fourth - second;
  const std::uint32_t words[] = {WordAt(from), WordAt(from + second), WordAt(from + third),
                                 WordAt(from + fourth)};
  std::memcpy(to, &words[0], 4);
  std::memcpy(to + second, &words[1], 4);
  std::memcpy(to + third, &words[2], 4);
  std::memcpy(to + fourth, &words[3], 4);
}

template <std::size_t kSize>
bool SameEnds(const char* a, const char* b, std::size_t size) {
  return std::memcmp(a, b, kSize) == 0 &&
         std::memcmp(a + size - kSize, b + size - kSize, kSize) == 0;
}

}  // namespace short_bytes_internal

// REQUIRES: they do not overlap.
inline void CopyShortBytes(const char* from, std::size_t size, char* to) {
  using short_bytes_internal::CopyEnds;
  for (; size > 32; from += 16, to += 16, size -= 16) std::memcpy(to, from, 16);
  if (size >= 16) return CopyEnds<16>(from, size, to);
  if (size >= 4) return short_bytes_internal::CopyQuarters(from, size, to);
  if (size >= 2) return CopyEnds<2>(from, size, to);
  if (size == 1) *to = *from;
}

inline bool SameShortBytes(const char* a, const char* b, std::size_t size) {
  using short_bytes_internal::SameEnds;
  for (; size > 32; a += 16, b += 16, size -= 16) {
    if (std::memcmp(a, b, 16) != 0) return false;
  }
  if (size >= 16) return SameEnds<16>(a, b, size);
  if (size >= 8) return SameEnds<8>(a, b, size);
  if (size >= 4) return SameEnds<4>(a, b, size);
  if (size >= 2) return SameEnds<2>(a, b, size);
  return size == 0 || *a == *b;
}

}  // namespace tidemark
