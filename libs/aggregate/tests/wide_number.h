// Natural numbers of any size, as simple as can be: the independent judge of the histogram's
// constants.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <vector>

#include "base/int128.h"

namespace tidemark {

class WideNumber {
 public:
  WideNumber() = default;
  explicit WideNumber(UInt128 value) {
    for (; value != 0; value >>= 32) digits_.push_back(static_cast<std::uint32_t>(value));
  }
  static WideNumber PowerOfTwo(std::size_t exponent) {
    WideNumber result;
    result.digits_.assign(exponent / 32 + 1, 0);
    result.digits_.back() = 1U << (exponent % 32);
    return result;
  }

  friend WideNumber operator*(const WideNumber& a, const WideNumber& b) {
    WideNumber result;
    result.digits_.assign(a.digits_.size() + b.digits_.size(), 0);
    for (std::size_t i = 0; i < a.digits_.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < b.digits_.size(); ++j) {
        carry += static_cast<std::uint64_t>(a.digits_[i]) * b.digits_[j] + result.digits_[i + j];
        result.digits_[i + j] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
      result.digits_[i + b.digits_.size()] += static_cast<std::uint32_t>(carry);
    }
    result.Trim();
    return result;
  }
  friend WideNumber operator+(const WideNumber& a, const WideNumber& b) {
    WideNumber result;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()) + 1; ++i) {
      carry += (i < a.digits_.size() ? a.digits_[i] : 0ULL) +
               (i < b.digits_.size() ? b.digits_[i] : 0ULL);
      result.digits_.push_back(static_cast<std::uint32_t>(carry));
      carry >>= 32;
    }
    result.Trim();
    return result;
  }
  friend std::strong_ordering operator<=>(const WideNumber& a, const WideNumber& b) {
    if (a.digits_.size() != b.digits_.size()) return a.digits_.size() <=> b.digits_.size();
    for (std::size_t i = a.digits_.size(); i > 0; --i) {
      if (a.digits_[i - 1] != b.digits_[i - 1]) return a.digits_[i - 1] <=> b.digits_[i - 1];
    }
    return std::strong_ordering::equal;
  }
  friend bool operator==(const WideNumber&, const WideNumber&) = default;

  WideNumber Power32() const {
    WideNumber result = *this;
    for (int i = 0; i < 5; ++i) result = result * result;
    return result;
  }

 private:
  void Trim() {
    while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  }
  std::vector<std::uint32_t> digits_;  // least significant first, no leading zeros
};

}  // namespace tidemark
