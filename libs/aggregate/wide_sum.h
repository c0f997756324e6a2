// A sum that cannot overflow: 192 bits hold 2^64 addends of 128 bits. So whether a result fits is a
// function of the multiset of addends, never of their order.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/int128.h"

namespace tidemark {

class WideSum {
 public:
  void Add(Int128 value) { AddWords(static_cast<UInt128>(value), value < 0 ? ~0ULL : 0); }
  void Add(const WideSum& other) { AddWords(other.low(), other.high_); }
  // nullopt if the sum does not fit 128 bits.
  std::optional<Int128> Narrow() const {
    if (high_ != SignWord()) return std::nullopt;
    return static_cast<Int128>(low());
  }
  bool is_zero() const { return low() == 0 && high_ == 0; }

  // Canonical: the low 128 bits as a signed number, then how many times 2^128 is missing; 0 nearly
  // always.
  void Encode(ByteWriter& out) const {
    out.ZigZagLeb128Wide(static_cast<Int128>(low()));
    out.ZigZagLeb128(static_cast<std::int64_t>(high_ - SignWord()));
  }
  static WideSum Decode(ByteReader& in) {
    WideSum sum;
    sum.Add(in.ZigZagLeb128Wide());
    sum.high_ += static_cast<std::uint64_t>(in.ZigZagLeb128());
    return sum;
  }

 private:
  UInt128 low() const { return static_cast<UInt128>(middle_) << 64 | low_; }
  std::uint64_t SignWord() const { return middle_ >> 63 != 0 ? ~0ULL : 0; }
  void AddWords(UInt128 low_bits, std::uint64_t high_bits) {
    const UInt128 sum = low() + low_bits;
    high_ += high_bits + (sum < low_bits ? 1 : 0);
    low_ = static_cast<std::uint64_t>(sum);
    middle_ = static_cast<std::uint64_t>(sum >> 64);
  }

  std::uint64_t low_ = 0;  // three words rather than an Int128: states are aligned to 8
  std::uint64_t middle_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace tidemark
