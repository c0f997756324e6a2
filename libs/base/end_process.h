// The end of a process that uses client libraries with threads of their own.
#pragma once

#include <unistd.h>

#include <cstdio>

namespace tidemark {

// Ends the process once everything of ours is closed. Static objects stay: the libraries' threads
// may still be at work on what they closed last, and would meet objects that are gone.
[[noreturn]] inline void EndProcess(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace tidemark
