#include <catch2/catch.hpp>

#include "window/window.h"

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string Refusal(const Result<WindowSpec>& spec) {
  REQUIRE_FALSE(spec.ok());
  CHECK(spec.status().code() == StatusCode::kInvalidArgument);
  CHECK(spec.status().blame() == Blame::kUser);
  return spec.status().message();
}

TEST_CASE("a window without a positive size is refused") {
  CHECK(Refusal(WindowSpec::Tumble(Duration(0), Duration(0))) ==
        "a window's size must be positive, got 0s");
  CHECK(Refusal(WindowSpec::Hop(minutes(-5), minutes(1), Duration(0))) ==
        "a window's size must be positive, got -5m");
}

TEST_CASE("a window without a positive slide is refused") {
  CHECK(Refusal(WindowSpec::Hop(minutes(5), Duration(0), Duration(0))) ==
        "a window's slide must be positive, got 0s");
}

TEST_CASE("a slide beyond the size is refused with the slide that would do") {
  CHECK(Refusal(WindowSpec::Hop(minutes(1), minutes(5), Duration(0))) ==
        "a slide of 5m beyond the size of 1m would leave events out; write slide => '1m' or less");
}

TEST_CASE("a window beyond 100 years is refused") {
  CHECK(Refusal(WindowSpec::Tumble(hours(24) * 36'526, Duration(0))) ==
        "a window cannot be longer than 100 years");
}

TEST_CASE("an offset outside [0, slide) is refused") {
  const std::string expected = "a window's offset must be at least 0s and less than 1m, got ";
  CHECK(Refusal(WindowSpec::Hop(minutes(5), minutes(1), minutes(1))) == expected + "1m");
  CHECK(Refusal(WindowSpec::Hop(minutes(5), minutes(1), seconds(-1))) == expected + "-1s");
  CHECK(WindowSpec::Hop(minutes(5), minutes(1), seconds(59)).ok());
}

TEST_CASE("128 slices are possible, 129 are refused with the reason") {
  CHECK(WindowSpec::Hop(minutes(128), minutes(1), Duration(0)).ok());
  CHECK(Refusal(WindowSpec::Hop(minutes(129), minutes(1), Duration(0))) ==
        "a window of 2h9m every 1m consists of 129 slices of 1m, at most 128 are possible; "
        "choose a longer slide that divides the size");
}

TEST_CASE("a slide that does not divide the size is counted by its slices") {
  CHECK(WindowSpec::Hop(minutes(5), minutes(2), Duration(0))->slice_width() == 60'000);
  CHECK(Refusal(WindowSpec::Hop(minutes(5), seconds(37), Duration(0))).find("300 slices of 1s") !=
        std::string::npos);
}

TEST_CASE("windows print as users write them") {
  CHECK(WindowSpec::Tumble(minutes(5), Duration(0))->ToString() == "tumble('5m')");
  CHECK(WindowSpec::Tumble(hours(24), hours(6))->ToString() ==
        "tumble('1d', starting_at => '06:00')");
  CHECK(WindowSpec::Tumble(minutes(5), seconds(90))->ToString() ==
        "tumble('5m', starting_at => '00:01:30')");
  CHECK(WindowSpec::Tumble(hours(168), hours(24))->ToString() ==
        "tumble('7d', starting_at => '1d')");
  CHECK(WindowSpec::Hop(minutes(5), minutes(1), Duration(0))->ToString() ==
        "hop(size => '5m', slide => '1m')");
}

}  // namespace
}  // namespace tidemark
