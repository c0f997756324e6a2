#include "task/idle.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

SourceTime Active(std::int64_t watermark) {
  return {.watermark = Watermark(watermark), .idle = false};
}
SourceTime Idle(std::int64_t watermark) {
  return {.watermark = Watermark(watermark), .idle = true};
}

TEST_CASE("an idle partition follows the least watermark of those that are not idle") {
  const std::vector<SourceTime> sources = {Active(70), Idle(10), Active(50)};
  CHECK(ActiveMinimum(sources) == Watermark(50));
}

TEST_CASE("a partition that never reported and is not idle holds every idle one") {
  const std::vector<SourceTime> sources = {Active(70), Idle(10), SourceTime{}};
  CHECK(ActiveMinimum(sources) == std::nullopt);
  CHECK_FALSE(AllIdle(sources));
}

TEST_CASE("when all are idle there is nobody to follow") {
  const std::vector<SourceTime> sources = {Idle(10), SourceTime{.idle = true}};
  CHECK(ActiveMinimum(sources) == std::nullopt);
  CHECK(AllIdle(sources));
}

TEST_CASE(
    "all closed is the largest end plus lateness of a window that holds the largest event time") {
  PipelinePlan plan;
  plan.queries.resize(2);
  plan.queries[0].window = {.size = Duration(60'000), .slide = Duration(60'000)};
  plan.queries[0].allowed_lateness = Duration(5'000);
  plan.queries[1].window = {
      .kind = WindowSpec::Kind::kHop, .size = Duration(120'000), .slide = Duration(60'000)};
  std::vector<SourceTime> sources = {Idle(10), Idle(20)};
  CHECK(AllClosed(plan, sources) == std::nullopt);
  sources[0].largest = EventTime(600'000);
  sources[1].largest = EventTime(540'000);
  CHECK(AllClosed(plan, sources) == Watermark(720'000));
  plan.queries[0].allowed_lateness = Duration(90'000);
  CHECK(AllClosed(plan, sources) == Watermark(750'000));
}

}  // namespace
}  // namespace tidemark
