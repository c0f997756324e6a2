// The version that every program and page says: that of the project in the top CMakeLists.txt.
#pragma once

namespace tidemark {

extern const char* const kVersion;  // "1.2.3"

}  // namespace tidemark
