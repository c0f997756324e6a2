#include "task/interned_key.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/hash.h"

namespace tidemark {
namespace {

constexpr std::size_t kFirstSlots = 1024;

}  // namespace

KeyInterner::KeyInterner() : slots_(kFirstSlots) {}

void KeyInterner::ReserveSlots(std::size_t keys) {
  if (keys * 4 <= slots_.size() * 3) return;
  std::vector<Slot> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.key == nullptr) continue;
    std::size_t at = slot.hash & mask;
    while (wider[at].key != nullptr) at = (at + 1) & mask;
    wider[at] = slot;
  }
  slots_ = std::move(wider);
}

InternedKey* KeyInterner::NewKey(const Candidate& candidate, std::uint64_t hash) {
  const std::size_t head = sizeof(InternedKey) + memos_ * sizeof(CellMemo);
  std::byte* const piece = memory_.Allocate(head + candidate.bytes.size());
  std::memset(piece, 0, head);
  std::memcpy(piece + head, candidate.bytes.data(), candidate.bytes.size());
  ++keys_;
  return new (piece) InternedKey{
      .hash = hash, .size = static_cast<std::uint32_t>(candidate.bytes.size()), .memos = memos_};
}

InternedKey* KeyInterner::FindFrom(std::size_t slot, const Candidate& candidate,
                                   std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (;; slot = (slot + 1) & mask) {
    Slot& found = slots_[slot];
    if (found.key == nullptr) {
      found = {candidate.hash, NewKey(candidate, hash)};
      return found.key;
    }
    if (found.hash == candidate.hash && found.key->bytes() == candidate.bytes) return found.key;
  }
}

void KeyInterner::Find(std::span<const std::uint64_t> hashes, std::span<InternedKey*> keys) const {
  const std::span<const Slot> slots = slots_;
  const std::size_t mask = slots.size() - 1;
  for (const std::uint64_t hash : hashes) __builtin_prefetch(&slots[hash & mask]);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::size_t at = hashes[i] & mask;
    while (slots[at].key != nullptr && slots[at].hash != hashes[i]) at = (at + 1) & mask;
    keys[i] = slots[at].key;
    __builtin_prefetch(keys[i], 1);
    __builtin_prefetch(reinterpret_cast<const char*>(keys[i]) + 64, 1);
  }
}

void KeyInterner::Intern(std::span<const Candidate> candidates, std::span<InternedKey*> keys) {
  TM_CHECK(candidates.size() <= kGroup && candidates.size() == keys.size(),
           "a group of keys is bounded");
  ReserveSlots(keys_ + candidates.size());
  const std::size_t mask = slots_.size() - 1;
  std::array<std::size_t, kGroup> at;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    at[i] = candidates[i].hash & mask;
    __builtin_prefetch(&slots_[at[i]]);
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    while (slots_[at[i]].key != nullptr && slots_[at[i]].hash != candidates[i].hash)
      at[i] = (at[i] + 1) & mask;
    const char* const key = reinterpret_cast<const char*>(slots_[at[i]].key);
    __builtin_prefetch(key, 1);
    __builtin_prefetch(key + 64, 1);
  }
  std::array<std::uint64_t, kGroup> hashes;
  for (std::size_t i = 0; i < candidates.size(); ++i) hashes[i] = Hash64(candidates[i].bytes);
  for (std::size_t i = 0; i < candidates.size(); ++i)
    keys[i] = FindFrom(at[i], candidates[i], hashes[i]);
}

void KeyInterner::Clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  keys_ = 0;
  memory_.Clear();
}

}  // namespace tidemark
