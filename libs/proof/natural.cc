#include "proof/natural.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace tidemark::proof {
namespace {

constexpr std::size_t kDigitBits = 32;

std::uint32_t Low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

Natural::Natural(std::uint64_t value) : digits_{Low(value), Low(value >> kDigitBits)} { Trim(); }

void Natural::Trim() {
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
}

std::size_t Natural::BitLength() const {
  if (digits_.empty()) return 0;
  return digits_.size() * kDigitBits - static_cast<std::size_t>(std::countl_zero(digits_.back()));
}

std::uint64_t Natural::ToUint64() const {
  TM_CHECK(digits_.size() <= 2, "the number fits 64 bits");
  std::uint64_t value = 0;
  for (std::size_t i = digits_.size(); i > 0; --i) value = value << kDigitBits | digits_[i - 1];
  return value;
}

Natural operator+(const Natural& a, const Natural& b) {
  Natural sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()) || carry != 0; ++i) {
    if (i < a.digits_.size()) carry += a.digits_[i];
    if (i < b.digits_.size()) carry += b.digits_[i];
    sum.digits_.push_back(Low(carry));
    carry >>= kDigitBits;
  }
  return sum;
}

Natural operator-(const Natural& a, const Natural& b) {
  TM_CHECK(a >= b, "naturals are not negative");
  Natural difference;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.digits_.size(); ++i) {
    const std::uint64_t take = (i < b.digits_.size() ? b.digits_[i] : 0U) + borrow;
    borrow = a.digits_[i] < take ? 1 : 0;
    difference.digits_.push_back(Low(a.digits_[i] - take));
  }
  difference.Trim();
  return difference;
}

Natural operator*(const Natural& a, const Natural& b) {
  Natural product;
  product.digits_.assign(a.digits_.size() + b.digits_.size(), 0);
  for (std::size_t i = 0; i < a.digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.digits_.size(); ++j) {
      carry += static_cast<std::uint64_t>(a.digits_[i]) * b.digits_[j] + product.digits_[i + j];
      product.digits_[i + j] = Low(carry);
      carry >>= kDigitBits;
    }
    product.digits_[i + b.digits_.size()] = Low(carry);
  }
  product.Trim();
  return product;
}

Natural Natural::ShiftLeft(std::size_t bits) const {
  Natural power(std::uint64_t{1} << (bits % kDigitBits));
  power.digits_.insert(power.digits_.begin(), bits / kDigitBits, 0);
  return *this * power;
}

Natural Natural::ShiftRight(std::size_t bits) const {
  const std::size_t whole = bits / kDigitBits;
  Natural shifted;
  for (std::size_t i = whole; i < digits_.size(); ++i) {
    const std::uint64_t high = i + 1 < digits_.size() ? digits_[i + 1] : 0U;
    shifted.digits_.push_back(Low((high << kDigitBits | digits_[i]) >> (bits % kDigitBits)));
  }
  shifted.Trim();
  return shifted;
}

Natural Natural::SquareRoot() const {
  Natural root;
  for (std::size_t bit = BitLength() / 2 + 1; bit > 0; --bit) {
    const Natural next = root + Natural(1).ShiftLeft(bit - 1);
    if (next * next <= *this) root = next;
  }
  return root;
}

std::strong_ordering operator<=>(const Natural& a, const Natural& b) {
  if (a.digits_.size() != b.digits_.size()) return a.digits_.size() <=> b.digits_.size();
  return std::lexicographical_compare_three_way(a.digits_.rbegin(), a.digits_.rend(),
                                                b.digits_.rbegin(), b.digits_.rend());
}

}  // namespace tidemark::proof
