// Integers that do not mix: two Strong types with different tags never convert into each other.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace tidemark {

template <class Tag, class T = std::int64_t>
class Strong {
 public:
  using Underlying = T;
  constexpr Strong() = default;
  // Takes a value of exactly T, or one that converts without narrowing: no offset becomes an epoch
  // by accident.
  template <class U>
  requires std::is_integral_v<U>
  constexpr explicit Strong(U value) : value_(static_cast<T>(value)) {}

  constexpr T value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  constexpr Strong& operator++() {
    ++value_;
    return *this;
  }
  // The value `count` steps further on.
  constexpr Strong Plus(T count) const { return Strong(static_cast<T>(value_ + count)); }

 private:
  T value_{};
};

}  // namespace tidemark

template <class Tag, class T>
struct std::hash<tidemark::Strong<Tag, T>> {
  std::size_t operator()(const tidemark::Strong<Tag, T>& strong) const {
    return std::hash<T>{}(strong.value());
  }
};
