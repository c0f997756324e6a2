// What a program's end says to a script (docs: contract of the command line).
#pragma once

#include <cstdio>
#include <string>

#include "base/status.h"

namespace tidemark {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNo = 3;  // "no" as an answer

// "tidemark pipeline list: message" on standard error; the exit code of a failure.
inline int FailWith(const std::string& command, const Status& status) {
  std::fprintf(stderr, "tidemark %s: %s\n", command.c_str(), status.message().c_str());
  return kExitFailed;
}

}  // namespace tidemark
