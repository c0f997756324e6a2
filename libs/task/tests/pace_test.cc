#include "task/pace.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

TEST_CASE("a commit is due exactly one interval after the one before") {
  Pace pace(Duration(200));
  pace.Start(MonotonicTime(0));
  CHECK_FALSE(pace.Due(MonotonicTime(199)));
  CHECK(pace.Due(MonotonicTime(200)));
  pace.Looked(MonotonicTime(200));
  CHECK_FALSE(pace.Due(MonotonicTime(399)));
}

TEST_CASE("the interval doubles while commits take more than 30 percent of it, never beyond 2 s") {
  Pace pace(Duration(200));
  pace.Began(MonotonicTime(0));
  pace.Ended(MonotonicTime(60));
  CHECK(pace.interval() == Duration(200));
  pace.Began(MonotonicTime(0));
  pace.Ended(MonotonicTime(61));
  CHECK(pace.interval() == Duration(400));
  for (int i = 0; i < 10; ++i) {
    pace.Began(MonotonicTime(0));
    pace.Ended(MonotonicTime(10'000));
  }
  CHECK(pace.interval() == Duration(2'000));
}

TEST_CASE("the interval comes down again when commits are quick, never below its base") {
  Pace pace(Duration(200));
  pace.Began(MonotonicTime(0));
  pace.Ended(MonotonicTime(150));
  CHECK(pace.interval() == Duration(400));
  for (int i = 0; i < 5; ++i) {
    pace.Began(MonotonicTime(0));
    pace.Ended(MonotonicTime(1));
  }
  CHECK(pace.interval() == Duration(200));
}

TEST_CASE(
    "lanes that would write more frames than the budget commit less often, down to every 2 s") {
  const Duration wanted(200);
  CHECK(WithinFrameBudget(wanted, 10, 20, 1'000) == wanted);  // 200 frames every 200 ms
  CHECK(WithinFrameBudget(wanted, 16, 16, 1'000) == Duration(256));
  CHECK(WithinFrameBudget(wanted, 16, 16, 999) == Duration(257));
  CHECK(WithinFrameBudget(wanted, 64, 64, 1'000) == Pace::kLongest);
  CHECK(WithinFrameBudget(wanted, 16, 16, 3'000) == wanted);
  CHECK(WithinFrameBudget(Duration(5'000), 64, 64, 1'000) == Duration(5'000));
}

TEST_CASE("a base beyond 2 s is kept") {
  Pace pace(Duration(5'000));
  pace.Began(MonotonicTime(0));
  pace.Ended(MonotonicTime(4'000));
  CHECK(pace.interval() == Duration(5'000));
}

}  // namespace
}  // namespace tidemark
