#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <vector>

#include "window/window.h"

namespace tidemark {
namespace {

// Small numbers reach every boundary; `base` moves them to where event times are.
struct Scene {
  WindowMath math;
  std::int64_t base;
};

Scene AnyScene() {
  const std::int64_t slide = *rc::gen::inRange<std::int64_t>(1, 13);
  const std::int64_t size = slide + *rc::gen::inRange<std::int64_t>(0, 25);
  const std::int64_t offset = *rc::gen::inRange<std::int64_t>(0, slide);
  const std::int64_t lateness = *rc::gen::inRange<std::int64_t>(0, 30);
  const Result<WindowSpec> spec =
      WindowSpec::Hop(Duration(size), Duration(slide), Duration(offset));
  RC_ASSERT(spec.ok());
  return {WindowMath(*spec, Duration(lateness)), *rc::gen::inRange<std::int64_t>(100, 1'000'000)};
}

// The ends of all windows that hold `time`, from the definition: starts at offset + k * slide,
// [start, end).
std::vector<std::int64_t> WindowEnds(const WindowMath& math, std::int64_t time) {
  std::vector<std::int64_t> ends;
  for (std::int64_t start = time - math.size; start <= time; ++start) {
    const bool aligned = ((start - math.offset) % math.slide + math.slide) % math.slide == 0;
    if (aligned && start <= time && time < start + math.size) ends.push_back(start + math.size);
  }
  return ends;
}

TEST_CASE("a record exactly at the window end opens the next window") {
  const WindowMath math(*WindowSpec::Tumble(Duration(60'000), Duration(0)), Duration(0));
  CHECK(math.FirstWindowEnd(59'999) == 60'000);
  CHECK(math.FirstWindowEnd(60'000) == 120'000);
  CHECK(math.SliceEnd(59'999) == 60'000);
  CHECK(math.SliceEnd(60'000) == 120'000);
}

TEST_CASE("windows align to the epoch and its offset, also before 1970") {
  const WindowMath math(*WindowSpec::Tumble(Duration(10), Duration(3)), Duration(0));
  CHECK(math.FirstWindowEnd(3) == 13);
  CHECK(math.FirstWindowEnd(2) == 3);
  CHECK(math.FirstWindowEnd(-8) == -7);
}

TEST_CASE("the first and last window ends with the slide between them are a record's windows") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    const std::int64_t time = scene.base;
    std::vector<std::int64_t> ends;
    for (std::int64_t end = scene.math.FirstWindowEnd(time); end <= scene.math.LastWindowEnd(time);
         end += scene.math.slide) {
      ends.push_back(end);
    }
    RC_ASSERT(ends == WindowEnds(scene.math, time));
    RC_ASSERT(!ends.empty());
  }));
}

TEST_CASE("slices tile every window: each lies wholly in the windows of any of its times") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    const std::int64_t end = scene.math.SliceEnd(scene.base);
    RC_ASSERT(end > scene.base);
    RC_ASSERT(end - scene.math.width <= scene.base);
    for (std::int64_t time = end - scene.math.width; time < end; ++time) {
      RC_ASSERT(scene.math.SliceEnd(time) == end);
      RC_ASSERT(WindowEnds(scene.math, time) == WindowEnds(scene.math, scene.base));
    }
  }));
}

TEST_CASE("a window's end and start are slice boundaries") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    for (const std::int64_t end : WindowEnds(scene.math, scene.base)) {
      RC_ASSERT(scene.math.SliceEnd(end - 1) == end);
      RC_ASSERT(scene.math.SliceEnd(end - scene.math.size - 1) == end - scene.math.size);
    }
  }));
}

TEST_CASE("nothing is late before the first watermark") {
  const WindowMath math(*WindowSpec::Tumble(Duration(60'000), Duration(0)), Duration(0));
  CHECK_FALSE(math.IsLate(60'000, kNoWatermark));
  CHECK(math.Tag(60'000, kNoWatermark) == 0);
}

TEST_CASE("a watermark exactly at end + lateness makes late, one millisecond less does not") {
  const WindowMath math(*WindowSpec::Tumble(Duration(60'000), Duration(0)), Duration(10'000));
  CHECK(math.IsLate(60'000, 70'000));
  CHECK_FALSE(math.IsLate(60'000, 69'999));
}

TEST_CASE("a record accepted before its slice's end passed has tag 0, one at the end has none") {
  const WindowMath math(*WindowSpec::Tumble(Duration(60'000), Duration(0)), Duration(10'000));
  CHECK(math.Tag(60'000, 59'999) == 0);
  CHECK(math.Tag(60'000, 60'000) == 60'000);
  CHECK(math.Tag(60'000, 69'999) == 60'000);
}

// The tag law (protocol 1.8): the tag alone says for which windows and triggers its records count.
TEST_CASE("a record is late for a window exactly if its tag is at or after end + lateness") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    const std::int64_t watermark = scene.base + *rc::gen::inRange<std::int64_t>(-20, 80);
    const std::int64_t tag = scene.math.Tag(scene.math.SliceEnd(scene.base), watermark);
    for (const std::int64_t end : WindowEnds(scene.math, scene.base)) {
      RC_ASSERT(scene.math.IsLate(end, watermark) == (tag >= end + scene.math.lateness));
    }
  }));
}

TEST_CASE(
    "a record is in a window's ON_TIME content exactly if its watermark had not reached the end") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    const std::int64_t watermark = scene.base + *rc::gen::inRange<std::int64_t>(-20, 80);
    const std::int64_t tag = scene.math.Tag(scene.math.SliceEnd(scene.base), watermark);
    for (const std::int64_t end : WindowEnds(scene.math, scene.base)) {
      RC_ASSERT((tag < end) == (watermark < end));
    }
  }));
}

TEST_CASE(
    "tags are few: at most one per step between slice end and the last window's end + lateness") {
  CHECK(rc::check([] {
    const Scene scene = AnyScene();
    const std::int64_t slice_end = scene.math.SliceEnd(scene.base);
    const std::int64_t watermark = slice_end + *rc::gen::inRange<std::int64_t>(0, 80);
    const std::int64_t tag = scene.math.Tag(slice_end, watermark);
    RC_ASSERT(tag >= slice_end);
    RC_ASSERT(tag <= watermark);
    RC_ASSERT((tag - slice_end) % scene.math.tag_step == 0);
  }));
}

}  // namespace
}  // namespace tidemark
