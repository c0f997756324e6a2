// CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected), RFC 3720 appendix B.4.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

// The checksum of `first` followed by `second`.
std::uint32_t Crc32c(std::string_view first, std::string_view second = {});

}  // namespace tidemark
