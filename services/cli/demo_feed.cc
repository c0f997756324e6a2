#include "cli/demo_feed.h"

#include <algorithm>

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

// Event time outruns the wall's, so the topic must take timestamps far ahead of it, and must keep
// old ones.
TopicSpec DemoFeed::TopicOf(const DemoPipeline& pipeline) {
  return {pipeline.Topic(kTopic),
          kPartitions,
          1,
          {{"message.timestamp.type", "CreateTime"},
           {"message.timestamp.after.max.ms", "9223372036854775807"},
           {"retention.ms", "-1"}}};
}

DemoFeed::DemoFeed(DemoCluster& cluster, const DemoOptions& options)
    : DemoFeed(cluster, ToGenerator(options)) {}

DemoFeed::DemoFeed(DemoCluster& cluster, GeneratorOptions options)
    : cluster_(cluster),
      incidents_(options.incidents),
      start_ms_(options.start.value()),
      idle_end_ms_(start_ms_ + options.idle.front().until.count()),
      generator_(std::move(options)) {}

bool DemoFeed::Load() {
  if (!loaded_) loaded_ = generator_.Next(record_);
  return loaded_;
}

bool DemoFeed::IsHeldBack() const {
  return !idleness_over_ && record_.partition == Partition(kIdlePartition) &&
         record_.timestamp_ms >= idle_end_ms_;
}

Status DemoFeed::EndIdleness() {
  idleness_over_ = true;
  for (const HeldBack& record : held_back_) {
    TM_RETURN_IF_ERROR(cluster_.Append(
        {Partition(kIdlePartition), record.timestamp_ms, record.key, record.value}));
  }
  held_back_.clear();
  return {};
}

Status DemoFeed::Append() {
  TM_RETURN_IF_ERROR(
      cluster_.Append({record_.partition, record_.timestamp_ms, record_.key, record_.value}));
  last_timestamp_ms_ = std::max(last_timestamp_ms_, record_.timestamp_ms);
  loaded_ = false;
  return {};
}

Status DemoFeed::Advance(Duration elapsed) {
  const std::int64_t now_ms = start_ms_ + elapsed.count() * kSpeed;
  while (Load() && record_.timestamp_ms <= now_ms) {
    if (!IsHeldBack()) {
      TM_RETURN_IF_ERROR(Append());
      continue;
    }
    held_back_.push_back(
        {record_.timestamp_ms, std::string(record_.key), std::string(record_.value)});
    loaded_ = false;
  }
  return {};
}

Status DemoFeed::Finish() {
  TM_RETURN_IF_ERROR(EndIdleness());
  while (Load()) TM_RETURN_IF_ERROR(Append());
  events::v1::CallMetric sentinel;
  sentinel.set_event_id("end-of-show");
  sentinel.set_event_time_ms(last_timestamp_ms_ + kSentinelAfterMs);
  const std::string value = sentinel.SerializeAsString();
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    TM_RETURN_IF_ERROR(
        cluster_.Append({Partition(partition), sentinel.event_time_ms(), std::nullopt, value}));
  }
  return cluster_.Flush();
}

}  // namespace tidemark
