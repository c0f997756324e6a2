#include "log_kafka/watchdog.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

namespace tidemark {
namespace {

// Waits without end, as a call that hangs does.
[[noreturn]] void Hang() {
  for (;;) pause();
}

int ExitCodeOf(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

TEST_CASE("a call that hangs beyond the deadline ends the process with the watchdog's exit code") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Watchdog watchdog(Duration(50));
    const Watchdog::Scope watched(watchdog, "a call of the test");
    Hang();
  }
  CHECK(ExitCodeOf(child) == Watchdog::kExitHung);
}

TEST_CASE("calls that return in time end nothing, however many there are") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Watchdog watchdog(Duration(200));
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
    while (std::chrono::steady_clock::now() < end) {
      const Watchdog::Scope watched(watchdog, "a call of the test");
    }
    _exit(0);
  }
  CHECK(ExitCodeOf(child) == 0);
}

TEST_CASE("a process that was stopped for longer than the deadline goes on") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Watchdog watchdog(Duration(400));
    const Watchdog::Scope watched(watchdog, "a call of the test");
    kill(getpid(), SIGSTOP);
    // Its call ends soon after it goes on.
    usleep(100'000);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, WUNTRACED) == child);
  REQUIRE(WIFSTOPPED(status));
  usleep(800'000);
  REQUIRE(kill(child, SIGCONT) == 0);
  CHECK(ExitCodeOf(child) == 0);
}

}  // namespace
}  // namespace tidemark
