#include "base/stop_signal.h"

#include <unistd.h>

#include <csignal>

namespace tidemark {
namespace {

volatile std::sig_atomic_t signals_seen = 0;

void OnSignal(int signal) {
  if (signals_seen != 0) _exit(128 + signal);
  signals_seen = 1;
}

}  // namespace

void InstallStopSignal() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  (void)sigaction(SIGTERM, &action, nullptr);
  (void)sigaction(SIGINT, &action, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

bool StopRequested() { return signals_seen != 0; }

}  // namespace tidemark
