// Sizes of memory and files as users type them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

// "512MiB", "1GiB", "64KiB", "4096B", "2TiB": whole numbers with a binary unit; nullopt for all
// else, also beyond 2^63 - 1 and for a bare number.
std::optional<std::uint64_t> ParseByteSize(std::string_view text);
// With the largest unit that keeps it whole; ParseByteSize reads it back.
std::string FormatByteSize(std::uint64_t bytes);

}  // namespace tidemark
