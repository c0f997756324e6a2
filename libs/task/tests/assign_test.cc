#include "task/assign.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kNoon = 1'767'268'800'000;  // 2026-01-01T12:00:00Z

WindowSpec Hop(std::int64_t size, std::int64_t slide) {
  return {.kind = WindowSpec::Kind::kHop, .size = Duration(size), .slide = Duration(slide)};
}
WindowSpec Tumble(std::int64_t size) { return {.size = Duration(size), .slide = Duration(size)}; }

TEST_CASE("a record exactly at the window end opens the next window") {
  Assigner assigner(Tumble(kMinute), Duration(0), std::nullopt);
  CHECK(assigner.Assign(EventTime(kNoon - 1), kNoWatermark).slice_end == kNoon);
  CHECK(assigner.Assign(EventTime(kNoon), kNoWatermark).slice_end == kNoon + kMinute);
}

TEST_CASE("with no watermark nothing is late and every tag is zero") {
  Assigner assigner(Hop(5 * kMinute, kMinute), Duration(kMinute), std::nullopt);
  CHECK(assigner.Assign(EventTime(kNoon), kNoWatermark) ==
        AssignedSlice{kNoon + kMinute, 0, Fate::kAccepted});
}

TEST_CASE(
    "an event is late exactly when the watermark reaches the end of its last window plus the "
    "lateness") {
  Assigner assigner(Tumble(kMinute), Duration(2'000), std::nullopt);
  const std::int64_t end = kNoon + kMinute;
  CHECK(assigner.Assign(EventTime(kNoon), end + 1'999).fate == Fate::kAccepted);
  CHECK(assigner.Assign(EventTime(kNoon), end + 2'000).fate == Fate::kLate);
}

TEST_CASE("a hopping event whose first window has closed is partly late and keeps its slice") {
  Assigner assigner(Hop(5 * kMinute, kMinute), Duration(0), std::nullopt);
  const AssignedSlice assigned = assigner.Assign(EventTime(kNoon), kNoon + kMinute);
  CHECK(assigned.fate == Fate::kPartlyLate);
  CHECK(assigned.slice_end == kNoon + kMinute);
  CHECK(assigned.tag == kNoon + kMinute);
  CHECK(assigner.Assign(EventTime(kNoon), kNoon + 5 * kMinute).fate == Fate::kLate);
}

TEST_CASE(
    "the tag of an event after its slice's end is the watermark rounded down to the tag step") {
  Assigner assigner(Tumble(kMinute), Duration(25'000), std::nullopt);  // q = gcd(60 s, 25 s) = 5 s
  const std::int64_t end = kNoon + kMinute;
  CHECK(assigner.Assign(EventTime(kNoon), end - 1).tag == 0);
  CHECK(assigner.Assign(EventTime(kNoon), end).tag == end);
  CHECK(assigner.Assign(EventTime(kNoon), end + 9'999).tag == end + 5'000);
}

TEST_CASE("an event is withheld exactly when all its windows begin before the start") {
  Assigner assigner(Hop(2 * kMinute, kMinute), Duration(0), EventTime(kNoon));
  CHECK(assigner.Assign(EventTime(kNoon - 1), kNoWatermark).fate == Fate::kWithheld);
  CHECK(assigner.Assign(EventTime(kNoon), kNoWatermark).fate == Fate::kAccepted);
}

TEST_CASE("a start inside a window withholds that window and nothing after it") {
  Assigner assigner(Tumble(kMinute), Duration(0), EventTime(kNoon + 1));
  CHECK(assigner.Assign(EventTime(kNoon + 30'000), kNoWatermark).fate == Fate::kWithheld);
  CHECK(assigner.Assign(EventTime(kNoon + kMinute), kNoWatermark).fate == Fate::kAccepted);
}

TEST_CASE("withheld windows take no part in lateness") {
  // Of the windows that hold 12:00:30, [11:59, 12:01) is withheld and [12:00, 12:02) is not.
  Assigner assigner(Hop(2 * kMinute, kMinute), Duration(0), EventTime(kNoon));
  const AssignedSlice assigned = assigner.Assign(EventTime(kNoon + 30'000), kNoon + kMinute);
  CHECK(assigned.fate == Fate::kAccepted);
  CHECK(assigner.WindowEnds(EventTime(kNoon + 30'000)) ==
        std::vector<std::int64_t>{kNoon + 2 * kMinute});
}

TEST_CASE("the fate of an event is that of its windows taken one by one") {
  CHECK(rc::check([](std::uint8_t slide, std::uint8_t factor, std::uint8_t lateness,
                     std::uint16_t at, std::int16_t behind, std::int16_t start) {
    const std::int64_t slide_ms = slide % 20 + 1;
    const std::int64_t size_ms = slide_ms + factor % 30;
    const std::int64_t late_ms = lateness % 25;
    const std::int64_t origin = start + 100'000;
    Assigner assigner(Hop(size_ms, slide_ms), Duration(late_ms), EventTime(origin));
    const std::int64_t time = 100'000 + at % 200;
    const std::int64_t watermark = time + behind % 100;
    int windows = 0;
    int late = 0;
    for (std::int64_t begin = time - size_ms + 1; begin <= time; ++begin) {
      if (begin % slide_ms != 0 || begin < origin) continue;
      ++windows;
      if (watermark >= begin + size_ms + late_ms) ++late;
    }
    const Fate expected = windows == 0      ? Fate::kWithheld
                          : late == windows ? Fate::kLate
                          : late > 0        ? Fate::kPartlyLate
                                            : Fate::kAccepted;
    assigner.Assign(EventTime(time + 7), watermark);  // another slice may be remembered
    RC_ASSERT(assigner.Assign(EventTime(time), watermark).fate == expected);
    RC_ASSERT(assigner.WindowEnds(EventTime(time)).size() == static_cast<std::size_t>(windows));
  }));
}

}  // namespace
}  // namespace tidemark
