// Text kept in a StateArena. Internal to this library.
#pragma once

#include <cstring>
#include <string_view>

#include "aggregate/aggregate.h"

namespace tidemark {

// All zero is the empty text. Trivially copyable: it owns nothing, Clear gives its block back to
// the arena.
struct TextBlock {
  std::byte* data;
  std::uint64_t size;

  std::string_view view() const {
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

  // REQUIRES: `text` does not lie in this block.
  void Assign(std::string_view text, StateArena& arena) {
    Clear(arena);
    if (text.empty()) return;
    data = arena.Allocate(text.size());
    size = text.size();
    std::memcpy(data, text.data(), text.size());
  }
  void Clear(StateArena& arena) {
    if (data != nullptr) arena.Free(data, static_cast<std::size_t>(size));
    data = nullptr;
    size = 0;
  }
};

}  // namespace tidemark
