// Ends the process when a call into the client library hangs.
//
// Some calls of librdkafka 2.0.2 wait without bound inside (begin after a fatal error, a lost
// answer during a commit). Nothing can take such a call back, and its thread's tasks would stand
// still for ever; the process ends instead and its tasks are taken over.
//
// A call's age is counted in looks of the watchdog, not by the clock: a process that was stopped
// and goes on has not hung.
//
// Threads: any; one of its own that wakes once a second.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/clock.h"

namespace tidemark {

class Watchdog {
 public:
  static constexpr int kExitHung = 70;  // EX_SOFTWARE of sysexits.h

  explicit Watchdog(Duration deadline);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Watches from here to the end of the scope. `what` outlives it.
  class Scope {
   public:
    Scope(Watchdog& watchdog, std::string_view what);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Watchdog& watchdog_;
  };

 private:
  struct Call {
    std::string_view what;
    int looks = 0;  // survived
  };
  static constexpr int kLooks = 8;  // until the deadline, or more when they are a second apart
  static constexpr Duration kPauseMax{1'000};
  void Run();
  void EndIfHung();

  const Duration deadline_;
  const Duration pause_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::map<const Scope*, Call> calls_;  // under mutex_
  std::thread thread_;
};

}  // namespace tidemark
