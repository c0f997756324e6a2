#include "model/time.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

TEST_CASE("divisions floor below the epoch too") {
  CHECK(FloorDiv(-1, 60) == -1);
  CHECK(FloorDiv(-60, 60) == -1);
  CHECK(AlignDown(-1, 60'000, 0) == -60'000);
  CHECK(AlignDown(7, 10, 3) == 3);
}

TEST_CASE("times print in RFC 3339 and parse back") {
  CHECK(FormatTime(0) == "1970-01-01T00:00:00Z");
  CHECK(FormatTime(951'782'400'123) == "2000-02-29T00:00:00.123Z");
  CHECK(rc::check([] {
    const auto ms = *rc::gen::inRange<std::int64_t>(-62'135'596'800'000, kMaxEventTime.value());
    RC_ASSERT(ParseTime(FormatTime(ms)) == EventTime(ms));
  }));
  CHECK(ParseTime("2026-11-25T10:00:00+02:00") == ParseTime("2026-11-25T08:00:00Z"));
  for (const char* bad :
       {"2026-02-30", "2026-13-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "x"}) {
    CHECK_FALSE(ParseTime(bad));
  }
}

TEST_CASE("durations print and parse back; nonsense is refused") {
  CHECK(ParseDuration("1h30m") == Duration(5'400'000));
  CHECK(FormatDuration(Duration(5'400'250)) == "1h30m250ms");
  for (const char* bad : {"", "5", "m", "-5m", "5m5m", "5s1h", "99999999999d", "5 m", "1w"}) {
    CHECK_FALSE(ParseDuration(bad));
  }
}

}  // namespace
}  // namespace tidemark
