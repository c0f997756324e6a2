#include "log_kafka/watchdog.h"

#include <unistd.h>

#include <algorithm>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {

Watchdog::Watchdog(Duration deadline)
    : deadline_(deadline),
      pause_(std::clamp(deadline / kLooks, Duration(1), kPauseMax)),
      thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, pause_, [this] { return stop_; })) EndIfHung();
}

void Watchdog::EndIfHung() {
  for (auto& [scope, call] : calls_) {
    // The first look may have come right after the call began.
    if (++call.looks * pause_ <= deadline_) continue;
    LogFailure(StrCat("the Kafka client hangs in ", call.what, " for more than ", deadline_.count(),
                      " ms; the process ends so that its tasks are taken over. Start it again"));
    _exit(kExitHung);
  }
}

Watchdog::Scope::Scope(Watchdog& watchdog, std::string_view what) : watchdog_(watchdog) {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.calls_[this] = {.what = what};
}

Watchdog::Scope::~Scope() {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.calls_.erase(this);
}

}  // namespace tidemark
