// 128-bit integers: the type of every sum, and of decimals' unscaled values.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace tidemark {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline constexpr Int128 kInt128Max = static_cast<Int128>(~static_cast<UInt128>(0) >> 1);
inline constexpr Int128 kInt128Min = -kInt128Max - 1;

// All decimal digits, with a leading '-' for negative values.
std::string ToString(Int128 value);

}  // namespace tidemark
