// The calls of the demo: one seed, event time 60 times faster than the clock on the wall.
//
// Every record is appended at the instant it reaches the log by the generator's own time, so each
// partition's input is the same in every run of the same seed and length, whatever the machine
// does. Thread: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/demo_cluster.h"
#include "generator/generator.h"

namespace tidemark {

class DemoFeed {
 public:
  static constexpr std::int32_t kPartitions = 6;
  static constexpr std::int64_t kSpeed = 60;         // event time per wall time
  static constexpr std::uint32_t kEventsPerS = 250;  // of event time
  static constexpr std::int32_t kIdlePartition = 5;
  static constexpr const char* kTopic = "call-metrics";

  // The input topic as it must be created.
  static TopicSpec TopicOf(const DemoPipeline& pipeline);

  // `cluster` outlives it.
  DemoFeed(DemoCluster& cluster, const DemoOptions& options);
  // Appends what has reached the log `elapsed` after the start of the show.
  Status Advance(Duration elapsed);
  // Appends all the rest, and one last event to each partition that no query counts, an hour after
  // everything else: it tells every window to close.
  Status Finish();
  // Records of the idle partition after its pause wait until this is called, so that it can be
  // proven idle on any machine.
  Status EndIdleness();
  // Event time of the last events.
  EventTime end() const { return EventTime(last_timestamp_ms_); }
  const std::vector<Incident>& incidents() const { return incidents_; }

 private:
  DemoFeed(DemoCluster& cluster, GeneratorOptions options);
  bool Load();
  Status Append();
  bool IsHeldBack() const;

  DemoCluster& cluster_;
  std::vector<Incident> incidents_;
  std::int64_t start_ms_;
  std::int64_t idle_end_ms_;
  CallGenerator generator_;
  GeneratedRecord record_;
  bool loaded_ = false;
  bool idleness_over_ = false;
  struct HeldBack {
    std::int64_t timestamp_ms = 0;
    std::string key;
    std::string value;
  };
  std::vector<HeldBack> held_back_;
  std::int64_t last_timestamp_ms_ = 0;
};

}  // namespace tidemark
