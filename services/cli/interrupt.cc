#include "cli/interrupt.h"

#include <csignal>

namespace tidemark {
namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void WatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return interrupted != 0; }

}  // namespace tidemark
