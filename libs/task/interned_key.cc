#include "task/interned_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/hash.h"
#include "base/short_bytes.h"

namespace tidemark {
namespace {

constexpr std::size_t kFirstSlots = 1024;

template <class Word>
std::uint64_t WordAt(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// No two words lead from one print to the same one. The low bits, which find a slot, come from the
// upper ones of the product, which depend on all bits.
std::uint64_t Mix(std::uint64_t print, std::uint64_t word) {
  return std::rotl((print ^ word) * 0x9E3779B97F4A7C15U, 32);
}

inline bool IsOf(const InternedKey& key, std::string_view bytes) {
  return key.size == bytes.size() && SameShortBytes(key.bytes().data(), bytes.data(), bytes.size());
}

}  // namespace

KeyInterner::KeyInterner() : slots_(kFirstSlots) {}

std::uint64_t KeyInterner::PrintOf(std::string_view bytes) {
  const char* const begin = bytes.data();
  const std::size_t size = bytes.size();
  std::uint64_t print = Mix(0, size);
  if (size >= 8) {
    const char* const last = begin + size - 8;
    for (const char* at = begin; at < last; at += 8) print = Mix(print, WordAt<std::uint64_t>(at));
    return Mix(print, WordAt<std::uint64_t>(last));
  }
  if (size >= 4) {
    return Mix(print, WordAt<std::uint32_t>(begin) | WordAt<std::uint32_t>(begin + size - 4)
                                                         << 32U);
  }
  return Mix(print, WordAt<std::uint8_t>(begin) | WordAt<std::uint8_t>(begin + size / 2) << 8U |
                        WordAt<std::uint8_t>(begin + size - 1) << 16U);
}

void KeyInterner::ReserveSlots(std::size_t keys) {
  if (keys * 4 <= slots_.size() * 3) return;
  std::vector<Slot> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.key == nullptr) continue;
    std::size_t at = slot.print & mask;
    while (wider[at].key != nullptr) at = (at + 1) & mask;
    wider[at] = slot;
  }
  slots_ = std::move(wider);
}

InternedKey* KeyInterner::NewKey(std::string_view bytes) {
  const std::size_t head = sizeof(InternedKey) + memos_ * sizeof(CellMemo);
  std::byte* const piece = memory_.Allocate(head + bytes.size());
  std::memset(piece, 0, head);
  std::memcpy(piece + head, bytes.data(), bytes.size());
  ++keys_;
  return new (piece) InternedKey{
      .hash = Hash64(bytes), .size = static_cast<std::uint32_t>(bytes.size()), .memos = memos_};
}

InternedKey* KeyInterner::FindFrom(std::size_t slot, std::uint64_t print, std::string_view bytes) {
  const std::size_t mask = slots_.size() - 1;
  for (;; slot = (slot + 1) & mask) {
    Slot& found = slots_[slot];
    if (found.key == nullptr) {
      found = {print, NewKey(bytes)};
      return found.key;
    }
    if (found.print == print && IsOf(*found.key, bytes)) return found.key;
  }
}

void KeyInterner::Intern(std::span<const std::string_view> candidates,
                         std::span<InternedKey*> keys) {
  TM_CHECK(candidates.size() <= kGroup && candidates.size() == keys.size(),
           "a group of keys is bounded");
  ReserveSlots(keys_ + candidates.size());
  const std::size_t mask = slots_.size() - 1;
  std::array<std::uint64_t, kGroup> prints;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    prints[i] = PrintOf(candidates[i]);
    __builtin_prefetch(&slots_[prints[i] & mask]);
  }
  std::array<std::size_t, kGroup> at;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    at[i] = prints[i] & mask;
    while (slots_[at[i]].key != nullptr && slots_[at[i]].print != prints[i])
      at[i] = (at[i] + 1) & mask;
    const char* const key = reinterpret_cast<const char*>(slots_[at[i]].key);
    __builtin_prefetch(key, 1);
    __builtin_prefetch(key + 64, 1);
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    InternedKey* const likely = slots_[at[i]].key;
    const bool found = likely != nullptr && IsOf(*likely, candidates[i]);
    keys[i] = found ? likely : FindFrom(at[i], prints[i], candidates[i]);
  }
}

void KeyInterner::Clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  keys_ = 0;
  memory_.Clear();
}

}  // namespace tidemark
