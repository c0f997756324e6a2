// Text from parts, for messages: StrCat("topic ", name, " has ", 4, " partitions"). Not for hot
// paths.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strong.h"

namespace tidemark {
namespace text_internal {

inline void Append(std::string& out, std::string_view part) { out.append(part); }
inline void Append(std::string& out, char part) { out.push_back(part); }
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void Append(std::string& out, T part) {
  out.append(std::to_string(part));
}
template <class Tag, class T>
void Append(std::string& out, Strong<Tag, T> part) {
  out.append(std::to_string(part.value()));
}

}  // namespace text_internal

template <class... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  (text_internal::Append(out, parts), ...);
  return out;
}

// The items with `separator` between them, each as `text` of it: a function or a member.
template <class Range, class Text = std::identity>
std::string Join(const Range& range, std::string_view separator, const Text& text = {}) {
  std::string out;
  bool first = true;
  for (const auto& item : range) {
    if (!std::exchange(first, false)) out.append(separator);
    text_internal::Append(out, std::invoke(text, item));
  }
  return out;
}

// The candidate nearest to `word` by edit distance (at most 3 edits and less than half the word),
// or "". For suggestions in error messages.
template <class Range>
std::string_view Nearest(std::string_view word, const Range& candidates);

std::size_t EditDistance(std::string_view a, std::string_view b);

template <class Range>
std::string_view Nearest(std::string_view word, const Range& candidates) {
  std::string_view best;
  std::size_t best_distance = 4;
  for (const auto& candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best_distance && 2 * distance < word.size() + 1) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

// One line for each row, columns as wide as their widest cell, two blanks between them.
std::string AlignColumns(const std::vector<std::vector<std::string>>& rows);

// True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool IsUtf8(std::string_view bytes);

}  // namespace tidemark
