// Natural numbers of any size: the percentile's table is exact, without floating point.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::proof {

class Natural {
 public:
  Natural() = default;
  explicit Natural(std::uint64_t value);

  bool IsZero() const { return digits_.empty(); }
  std::size_t BitLength() const;   // 0 for zero
  std::uint64_t ToUint64() const;  // REQUIRES: BitLength() <= 64

  friend Natural operator+(const Natural& a, const Natural& b);
  // REQUIRES: a >= b.
  friend Natural operator-(const Natural& a, const Natural& b);
  friend Natural operator*(const Natural& a, const Natural& b);
  Natural ShiftLeft(std::size_t bits) const;
  Natural ShiftRight(std::size_t bits) const;
  // The largest r with r * r <= *this.
  Natural SquareRoot() const;
  friend std::strong_ordering operator<=>(const Natural& a, const Natural& b);
  friend bool operator==(const Natural& a, const Natural& b) = default;

 private:
  void Trim();
  std::vector<std::uint32_t> digits_;  // base 2^32, least first, no zero at the end
};

}  // namespace tidemark::proof
