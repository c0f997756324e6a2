// What a program's end says to a script (docs: contract of the command line).
#pragma once

namespace tidemark {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNo = 3;  // "no" as an answer

}  // namespace tidemark
