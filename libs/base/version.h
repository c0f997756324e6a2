// The version that every program and page says.
#pragma once

namespace tidemark {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace tidemark
