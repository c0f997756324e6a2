#include "task/judge.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

constexpr std::int64_t kNow = 1'767'225'600'000;  // 2026-01-01
constexpr Judge::Limits kLimits{.max_out_of_orderness = Duration(1'000),
                                .max_future_skew = Duration(5'000)};

bool Take(Judge& judge, std::int64_t event_time, std::int64_t timestamp) {
  judge.BeginRecord(timestamp);
  const bool accepted = judge.Accept(EventTime(event_time));
  judge.EndRecord();
  return accepted;
}

TEST_CASE("before its first record a partition has no watermark") {
  const Judge judge(kLimits, {});
  CHECK(judge.watermark() == kNoWatermark);
  CHECK(judge.time() == PartitionTime{});
}

TEST_CASE("the watermark trails the largest event time by exactly max_out_of_orderness") {
  Judge judge(kLimits, {});
  CHECK(Take(judge, kNow, kNow));
  CHECK(judge.watermark() == kNow - 1'000);
}

TEST_CASE("a record is judged with the watermark before it, and so are all its elements") {
  Judge judge(kLimits, {});
  Take(judge, kNow, kNow + 60'000);
  judge.BeginRecord(kNow + 60'000);
  CHECK(judge.Accept(EventTime(kNow + 50'000)));
  CHECK(judge.watermark() == kNow - 1'000);
  CHECK(judge.Accept(EventTime(kNow)));
  CHECK(judge.watermark() == kNow - 1'000);
  judge.EndRecord();
  CHECK(judge.watermark() == kNow + 49'000);
}

TEST_CASE(
    "an event time exactly max_future_skew ahead of its record is accepted, one more is "
    "quarantined") {
  Judge judge(kLimits, {});
  CHECK(Take(judge, kNow + 5'000, kNow));
  const PartitionTime before = judge.time();
  CHECK_FALSE(Take(judge, kNow + 5'001, kNow));
  CHECK(judge.time() == before);
}

TEST_CASE("an event ahead of its record's timestamp moves time only to the timestamp") {
  Judge judge(kLimits, {});
  Take(judge, kNow + 4'000, kNow);
  CHECK(judge.time().largest == EventTime(kNow));
}

TEST_CASE(
    "a record without timestamp, or with one in seconds, has no guard and counts with its event "
    "time") {
  Judge judge(kLimits, {});
  CHECK(Take(judge, kNow + 3'600'000, RecordView::kNoTimestamp));
  CHECK(judge.time().largest == EventTime(kNow + 3'600'000));
  CHECK(Take(judge, kNow + 7'200'000, kNow / 1'000));
  CHECK(judge.time().largest == EventTime(kNow + 7'200'000));
}

TEST_CASE("a timestamp exactly at min_event_time guards, one before it does not") {
  const std::int64_t first = kMinEventTimeDefault.value();
  Judge judge(kLimits, {});
  CHECK_FALSE(Take(judge, first + 5'001, first));
  CHECK(Take(judge, first + 5'001, first - 1));
}

TEST_CASE("an idle advance moves the watermark and not the largest event time, and never back") {
  Judge judge(kLimits, {});
  Take(judge, kNow, kNow);
  judge.AdvanceTo(Watermark(kNow + 10'000));
  CHECK(judge.watermark() == kNow + 10'000);
  CHECK(judge.time().largest == EventTime(kNow));
  judge.AdvanceTo(Watermark(kNow));
  CHECK(judge.watermark() == kNow + 10'000);
  Take(judge, kNow + 1, kNow + 1);
  CHECK(judge.watermark() == kNow + 10'000);
}

TEST_CASE("a judge goes on where a commit left it") {
  CHECK(rc::check([](std::vector<std::uint16_t> times, std::uint8_t cut) {
    Judge whole(kLimits, {});
    Judge split(kLimits, {});
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (i == cut) split = Judge(kLimits, split.time());
      const bool accepted = Take(whole, kNow + times[i], kNow + times[i] / 2);
      RC_ASSERT(Take(split, kNow + times[i], kNow + times[i] / 2) == accepted);
      RC_ASSERT(split.time() == whole.time());
    }
  }));
}

TEST_CASE("time never goes back and is what the formula says") {
  CHECK(rc::check([](std::vector<std::pair<std::uint16_t, std::uint16_t>> records) {
    Judge judge(kLimits, {});
    std::optional<std::int64_t> largest;
    for (const auto& [event, timestamp] : records) {
      const std::int64_t before = judge.watermark();
      const bool accepted = Take(judge, kNow + event, kNow + timestamp);
      RC_ASSERT(accepted == (event <= timestamp + 5'000));
      if (accepted) largest = std::max(largest.value_or(0), kNow + std::min(event, timestamp));
      RC_ASSERT(judge.watermark() >= before);
      RC_ASSERT(judge.watermark() == (largest ? *largest - 1'000 : kNoWatermark));
    }
  }));
}

}  // namespace
}  // namespace tidemark
