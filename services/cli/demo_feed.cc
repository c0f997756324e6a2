#include "cli/demo_feed.h"

#include <algorithm>

#include "base/check.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr EventTime kShowStart{std::int64_t{1'767'603'600'000}};  // 2026-01-05T09:00:00Z
constexpr std::int64_t kSentinelAfterMs = 3'600'000;

GeneratorOptions ToGenerator(const DemoOptions& options) {
  GeneratorOptions generator;
  const Duration length(static_cast<std::int64_t>(options.seconds) * 1'000 * DemoFeed::kSpeed);
  generator.seed = options.seed;
  generator.start = kShowStart;
  generator.rate = DemoFeed::kEventsPerS;
  generator.count = static_cast<std::uint64_t>(length.count() / 1'000) * DemoFeed::kEventsPerS;
  generator.partitions = DemoFeed::kPartitions;
  generator.accounts = 300;
  generator.malformed_ppm = 100;
  generator.incidents = DefaultIncidents(length);
  // Long enough for its lane to change hands in the middle and still be proven idle.
  generator.idle = {{Partition(DemoFeed::kIdlePartition), length * 9 / 20, length * 23 / 25}};
  return generator;
}

}  // namespace

DemoFeed::DemoFeed(MemoryLog& log, const DemoOptions& options)
    : DemoFeed(log, ToGenerator(options)) {
  length_ = Duration(static_cast<std::int64_t>(options.seconds) * 1'000 * kSpeed);
}

DemoFeed::DemoFeed(MemoryLog& log, GeneratorOptions options)
    : log_(log),
      incidents_(options.incidents),
      start_ms_(options.start.value()),
      generator_(std::move(options)) {}

bool DemoFeed::Load() {
  if (!loaded_) loaded_ = generator_.Next(record_);
  return loaded_;
}

void DemoFeed::Append() {
  const auto appended =
      log_.Append({kTopic, record_.partition}, {.key = record_.key,
                                                .value = record_.value,
                                                .headers = {},
                                                .timestamp_ms = record_.timestamp_ms});
  TM_CHECK(appended.ok(), "the demo's own topic takes every record");
  last_timestamp_ms_ = std::max(last_timestamp_ms_, record_.timestamp_ms);
  ++appended_;
  loaded_ = false;
}

void DemoFeed::Advance(Duration elapsed) {
  const std::int64_t now_ms = start_ms_ + elapsed.count() * kSpeed;
  while (Load() && record_.timestamp_ms <= now_ms) Append();
}

void DemoFeed::Finish() {
  while (Load()) Append();
  events::v1::CallMetric sentinel;
  sentinel.set_event_id("end-of-show");
  sentinel.set_event_time_ms(last_timestamp_ms_ + kSentinelAfterMs);
  const std::string value = sentinel.SerializeAsString();
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto appended =
        log_.Append({kTopic, Partition(partition)}, {.key = std::nullopt,
                                                     .value = value,
                                                     .headers = {},
                                                     .timestamp_ms = sentinel.event_time_ms()});
    TM_CHECK(appended.ok(), "the demo's own topic takes every record");
    ++appended_;
  }
}

}  // namespace tidemark
