#include "control/coordinator_choice.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

MonotonicTime At(std::int64_t ms) { return MonotonicTime(ms); }

TEST_CASE("one connection is made at a time") {
  CoordinatorChoice choice({"a", "b"}, Duration(5'000));
  CHECK(choice.Next(At(0)) == "a");
  CHECK_FALSE(choice.Next(At(10'000)));
}

TEST_CASE("every address is tried once before any pause, and the pauses grow") {
  CoordinatorChoice choice({"a", "b"}, Duration(5'000));
  CHECK(choice.Next(At(0)) == "a");
  choice.Lost(At(0));
  CHECK(choice.Next(At(0)) == "b");
  choice.Lost(At(0));
  CHECK_FALSE(choice.Next(At(99)));
  CHECK(choice.Next(At(100)) == "a");
  choice.Lost(At(100));
  CHECK(choice.Next(At(100)) == "b");
  choice.Lost(At(100));
  CHECK_FALSE(choice.Next(At(299)));
  CHECK(choice.Next(At(300)) == "a");
}

TEST_CASE("a leader that is named is tried next, at once, though it is not configured") {
  CoordinatorChoice choice({"a"}, Duration(5'000));
  CHECK(choice.Next(At(0)) == "a");
  choice.NotLeading("leader", At(0));
  CHECK(choice.Next(At(0)) == "leader");
  choice.Heard(At(5));
  choice.Lost(At(10));
  CHECK(choice.Next(At(10'000)) == "a");
}

TEST_CASE("two coordinators that name each other are not asked without end") {
  CoordinatorChoice choice({"a", "b"}, Duration(5'000));
  int attempts = 0;
  for (int i = 0; i < 100; ++i) {
    const auto next = choice.Next(At(0));
    if (!next) break;
    ++attempts;
    choice.NotLeading(*next == "a" ? "b" : "a", At(0));
  }
  CHECK(attempts <= 3);
  CHECK(choice.Next(At(200)));
}

TEST_CASE("silence longer than allowed is noticed, from the attempt on") {
  CoordinatorChoice choice({"a"}, Duration(5'000));
  CHECK_FALSE(choice.Silent(At(100'000)));
  (void)choice.Next(At(1'000));
  CHECK_FALSE(choice.Silent(At(6'000)));
  CHECK(choice.Silent(At(6'001)));
  choice.Heard(At(6'001));
  CHECK_FALSE(choice.Silent(At(11'001)));
  CHECK(choice.Silent(At(11'002)));
}

}  // namespace
}  // namespace tidemark
