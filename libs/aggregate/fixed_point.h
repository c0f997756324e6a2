// Doubles as exact fixed point, so that sums of them do not depend on their order.
#pragma once

#include <cstdint>
#include <optional>

#include "base/int128.h"

namespace tidemark {

inline constexpr unsigned kDefaultDigits = 6;
inline constexpr unsigned kMaxDigits = 18;
inline constexpr std::uint8_t kQuotientDigits = 18;  // fraction digits of Divide (model/value.h)

// value * 10^digits, rounded half even, computed exactly from the double's bits. nullopt for NaN,
// infinity and what does not fit 127 bits. REQUIRES: digits <= kMaxDigits.
std::optional<Int128> ToFixedPoint(double value, unsigned digits);

}  // namespace tidemark
