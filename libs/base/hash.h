// The one hash of keys: XXH3_64 with seed 0 (protocol 11.2). Its value is part of stored formats.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark {

std::uint64_t Hash64(std::string_view bytes);

}  // namespace tidemark
