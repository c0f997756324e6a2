#include "log_kafka/watchdog.h"

#include <unistd.h>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {

Watchdog::Watchdog(Duration deadline) : deadline_(deadline), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Watchdog::Run() {
  const Duration pause = std::min(Duration(1'000), deadline_ / 4);
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, pause, [this] { return stop_; })) EndIfHung();
}

void Watchdog::EndIfHung() const {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [scope, call] : calls_) {
    if (now - call.begun < deadline_) continue;
    LogFailure(StrCat("the Kafka client hangs in ", call.what, " for more than ",
                      deadline_.count() / 1'000,
                      " s; the process ends so that its tasks are taken over. Start it again"));
    _exit(kExitHung);
  }
}

Watchdog::Scope::Scope(Watchdog& watchdog, std::string_view what) : watchdog_(watchdog) {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.calls_[this] = {what, std::chrono::steady_clock::now()};
}

Watchdog::Scope::~Scope() {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.calls_.erase(this);
}

}  // namespace tidemark
