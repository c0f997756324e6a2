// Constants of the exponential histogram with base g = 2^(1/32). tests/histogram_scale_test.cc
// proves each of them by exact integer arithmetic.
#pragma once

#include <array>
#include <cstdint>

#include "base/int128.h"

namespace tidemark::histogram_table {

constexpr UInt128 Wide(std::uint64_t high, std::uint64_t low) {
  return static_cast<UInt128>(high) << 64 | low;
}

// kThresholds[j] = floor(2^(126 + j/32)).
inline constexpr std::array<UInt128, 32> kThresholds = {
    Wide(0x4000000000000000, 0x0000000000000000), Wide(0x4166c34c5615d0eb, 0x9f1523ada32905ff),
    Wide(0x42d561b3e6243d8a, 0x62e4adc610aa60d9), Wide(0x444c0740496d4293, 0xaefc6bb64c633ab1),
    Wide(0x45cae0f1f545eb73, 0x7df23143ac529e48), Wide(0x47521cc5a2e6a9e0, 0x16e00a2643c1ea62),
    Wide(0x48e1e9b9d588e19b, 0x07eb6c70572d64ec), Wide(0x4a7a77d47f7b84b0, 0x97457d6892a8ef2a),
    Wide(0x4c1bf828c6dc54b7, 0xa356918c17217b7b), Wide(0x4dc69cdceaa72a9c, 0x51540bd151e61f8f),
    Wide(0x4f7a993048d088d6, 0xd0488f84f5dcfee8), Wide(0x513821818624b40c, 0x4dbd0277c067ef53),
    Wide(0x52ff6b54d8a89c75, 0x0e5ebfb10b88380d), Wide(0x54d0ad5a753e077c, 0x2a0f12761a98fd39),
    Wide(0x56ac1f752150a563, 0x24c054647acd1762), Wide(0x5891fac0e95612c7, 0xc3e81bf4b690aec7),
    Wide(0x5a827999fcef3242, 0x2cbec4d9baa55f4f), Wide(0x5c7dd7a3b17dcf74, 0x8dc3cbbc2b35b2d0),
    Wide(0x5e8451cfac061b5f, 0x54408fdb3687d7bd), Wide(0x6096266533384a2b, 0x3e22beacd28043da),
    Wide(0x62b39508aa836d6e, 0x9f156864b26ecf9b), Wide(0x64dcdec3371793d1, 0x4070fc950288b4bf),
    Wide(0x6712460a8fc24071, 0xf11ac1c7caf96376), Wide(0x69540ec8f895722d, 0x0912472be1ef2014),
    Wide(0x6ba27e656b4eb57a, 0x1cd345dcc8169fef), Wide(0x6dfddbcbed791baa, 0x9ec206ad4f14d532),
    Wide(0x70666f76154a7088, 0x832c4a8246e999e5), Wide(0x72dc8373be41a454, 0x0f2f47a5276dd876),
    Wide(0x75606373ee921c97, 0x6816bad9b8372a7d), Wide(0x77f25ccdee6d7ae5, 0xa32b0e7b4a46dc89),
    Wide(0x7a92be8a92436616, 0x3dce863d76cc07e1), Wide(0x7d41d96db915019d, 0x3e12dd8a18aebfe6)};

// The middles of the buckets of one octave, scaled by 10^6 * 2^105 and rounded: with h =
// g^(2^scale), kMiddles[kMiddlesBegin[scale] + m] = round(10^6 * 2^105 * 2h/(1+h) * h^m), for h^m
// in [1, 2).
inline constexpr std::array<std::size_t, 5> kMiddlesBegin = {0, 32, 48, 56, 60};
inline constexpr std::array<UInt128, 62> kMiddles = {
    Wide(0x1ed91c00a4483d9c, 0x732199d69d0b9c94), Wide(0x1f8608979480a895, 0x81a0eb23e6e26ee9),
    Wide(0x2036be89a0263f2b, 0x0c16f2a550da4d5c), Wide(0x20eb5310aae037a7, 0x13763f8395970489),
    Wide(0x21a3dbdd94ecea98, 0x1cd24d7fd82bf5f1), Wide(0x22606f1ad621d7c1, 0x5c7e73ae0dca64ba),
    Wide(0x2321236f2786a686, 0x20db0cc8451921d9), Wide(0x23e610003bdd0150, 0xd8287485096481dc),
    Wide(0x24af4c758768f66a, 0x19590660f45aa88a), Wide(0x257cf0fb174f5db4, 0xe22684b4372431e7),
    Wide(0x264f164478e1a20b, 0x1a93ee4ab1e50423), Wide(0x2725d58fb13036b9, 0xf13f26a3ca551a97),
    Wide(0x280148a8453ef61b, 0xa0e92d63e98e59fe), Wide(0x28e189ea5338a5bf, 0xc4a31a53406734e0),
    Wide(0x29c6b445bd00e739, 0xfc55612862c58a41), Wide(0x2ab0e3416485f2c7, 0x0e7b6620c9a608ae),
    Wide(0x2ba032fe7a359ac3, 0x1578b8526addd56b), Wide(0x2c94c03bddfb44a9, 0x2e09d56594c76c91),
    Wide(0x2d8ea859932ebe49, 0x87ab8ccb9605b82a), Wide(0x2e8e095c47de1c52, 0x1da24dd3f2ea228c),
    Wide(0x2f9301f0efdf2276, 0xb58c78aeb55092e9), Wide(0x309db170741715bd, 0x854c47f2d60e1496),
    Wide(0x31ae37e3766a4700, 0x24872082d7802949), Wide(0x32c4b6062ac71ed6, 0xd67391e4fe0386eb),
    Wide(0x33e14d4c45c2fd33, 0x1231da6743be2cb3), Wide(0x35041fe50141d633, 0x711d673edc00cd6e),
    Wide(0x362d50bf37a41b86, 0x7f1b41ffc9e7d21a), Wide(0x375d038d95f93654, 0xbb2ff0efb2e66baa),
    Wide(0x38935ccae5b79977, 0x99505c5a174c1098), Wide(0x39d081be6e7e4710, 0x8e7f9f8174d5eb92),
    Wide(0x3b149880706687b6, 0xff89e97c010940a2), Wide(0x3c5fc7feb76f84c7, 0x19bccc52c5e8c6d8),
    Wide(0x1f2db2ecb605ec05, 0x41abb0dffd1ef68d), Wide(0x208f14347ea0fbbb, 0x4c0c2ce93a9dc5b7),
    Wide(0x22001ab9c12c2683, 0xe43c601a332534c4), Wide(0x238177d03c7c57c3, 0x991d205c1fbe51d0),
    Wide(0x2513e4a586c99ff7, 0x58645a89de00d897), Wide(0x26b8229a09675fc8, 0xa45618750b085d72),
    Wide(0x286efb9ded07cd0c, 0xedd23b92a8db1722), Wide(0x2a3942922331bfec, 0xd3263fe8fa51a7ff),
    Wide(0x2c17d3adbb89cd9d, 0x50cdde8a3a32361b), Wide(0x2e0b94e7b5a03555, 0x64e783a6f09aeea0),
    Wide(0x30157665821d0973, 0x6e4742dbb79fc6d6), Wide(0x323672ee6864534a, 0x3b8c2599f5ee7709),
    Wide(0x346f90640825c8bf, 0xad1946b24bd33c95), Wide(0x36c1e04030c028fa, 0x431f628c5a1562f3),
    Wide(0x392e80184af0a6d2, 0x1160eabd701d194e), Wide(0x3bb69a2693f427f5, 0x7ca89e4005c212e6),
    Wide(0x1fd6bd3c28e143a5, 0x13fb10cddff11b58), Wide(0x22b871b216ebde9a, 0x1c4d7c358dd1df23),
    Wide(0x25dceac3ac5a1920, 0xd533feb06fed4b43), Wide(0x294a33744a1513b4, 0xbcf4555743f62951),
    Wide(0x2d06e2cb94a679d5, 0x66ffc91bf08db4c8), Wide(0x311a2881a316c4f3, 0x6c2efd66b7ad00ae),
    Wide(0x358bdad0cd735716, 0x7c766ee58a14b2f1), Wide(0x3a648587ae3d78b5, 0xd809de64401dc951),
    Wide(0x2127b677aaeb79c5, 0x49cd3740f5030014), Wide(0x276da5fe185a7df5, 0xa7b443a508bc2a53),
    Wide(0x2ee37041c6610f94, 0x7c3fdace2bc7b3c7), Wide(0x37c29310aa290c75, 0x6c65917e15f9ffd8),
    Wide(0x23c0e9c021447275, 0xdc0be18ccb7c21e7), Wide(0x32902c7fbd771b14, 0x47e83ce66907bc32)};

}  // namespace tidemark::histogram_table
