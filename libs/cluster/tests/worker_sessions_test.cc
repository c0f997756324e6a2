#include "cluster/worker_sessions.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

using Standing = WorkerSessions::Standing;

MonotonicTime At(std::int64_t ms) { return MonotonicTime(ms); }
WorkerIdentity Worker(std::uint64_t incarnation) {
  return {"w1", Incarnation::FromBits(incarnation)};
}
Hello HelloOf(std::uint64_t incarnation) { return {.worker = Worker(incarnation)}; }
Heartbeat Beat(std::uint64_t incarnation) { return {.worker = Worker(incarnation)}; }

TEST_CASE("a worker is dead once its session timeout has passed, not before") {
  WorkerSessions sessions(Duration(3'000));
  CHECK(sessions.Greet(HelloOf(1), At(0)) == Standing::kCurrent);
  CHECK(sessions.Expire(At(3'000)));  // it came
  CHECK(sessions.living().size() == 1);
  CHECK_FALSE(sessions.Expire(At(3'000)));
  CHECK(sessions.Expire(At(3'001)));
  CHECK(sessions.living().empty());
  CHECK(sessions.Observe(Beat(1), At(3'002)) == Standing::kUnknown);
}

TEST_CASE(
    "a second process with the same id replaces the first, whose late messages change nothing") {
  WorkerSessions sessions(Duration(3'000));
  (void)sessions.Greet(HelloOf(1), At(0));
  CHECK(sessions.Greet(HelloOf(2), At(10)) == Standing::kCurrent);
  CHECK(sessions.Observe(Beat(1), At(20)) == Standing::kReplaced);
  CHECK(sessions.Greet(HelloOf(1), At(30)) == Standing::kReplaced);
  CHECK(sessions.Current("w1") == Worker(2));
}

TEST_CASE("a heartbeat alone never takes another process's place") {
  WorkerSessions sessions(Duration(3'000));
  sessions.Expect(Worker(1), At(0));
  CHECK(sessions.Observe(Beat(2), At(5)) == Standing::kUnknown);
  CHECK(sessions.Observe(Beat(1), At(6)) == Standing::kCurrent);
  CHECK(sessions.Observe(Beat(2), At(7)) == Standing::kReplaced);
  CHECK(sessions.Current("w1") == Worker(1));
}

TEST_CASE("a worker that left is gone at once and does not come back under the same incarnation") {
  WorkerSessions sessions(Duration(3'000));
  (void)sessions.Greet(HelloOf(1), At(0));
  Heartbeat left = Beat(1);
  left.phase = Heartbeat::Phase::kLeft;
  CHECK(sessions.Observe(left, At(10)) == Standing::kCurrent);
  CHECK(sessions.Expire(At(10)));
  CHECK(sessions.living().empty());
  CHECK(sessions.Greet(HelloOf(1), At(20)) == Standing::kReplaced);
}

TEST_CASE("owners found in the log get one session timeout to report") {
  WorkerSessions sessions(Duration(3'000));
  sessions.Expect(Worker(1), At(100));
  CHECK(sessions.Expire(At(100)));
  CHECK(sessions.living().size() == 1);
  CHECK_FALSE(sessions.Expire(At(1'600)));
  CHECK_FALSE(sessions.Expire(At(3'100)));
  CHECK(sessions.Expire(At(3'101)));
  CHECK(sessions.living().empty());
}

TEST_CASE("a coordinator that stood still loses nobody whom it could not hear") {
  WorkerSessions sessions(Duration(3'000));
  (void)sessions.Greet(HelloOf(1), At(0));
  CHECK(sessions.Expire(At(500)));
  CHECK_FALSE(sessions.Expire(At(60'000)));
  CHECK_FALSE(sessions.Expire(At(61'500)));
  CHECK_FALSE(sessions.Expire(At(63'000)));
  CHECK(sessions.Expire(At(63'001)));
}

}  // namespace
}  // namespace tidemark
