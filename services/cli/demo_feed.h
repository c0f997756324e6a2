// The calls of the demo: one seed, event time 60 times faster than the clock on the wall.
//
// Every record is appended at the instant it reaches the log by the generator's own time, so the
// input is the same in every run of the same seed and length, whatever the machine does. Thread:
// one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "generator/generator.h"
#include "log_memory/memory_log.h"

namespace tidemark {

class DemoFeed {
 public:
  static constexpr std::int32_t kPartitions = 6;
  static constexpr std::int64_t kSpeed = 60;         // event time per wall time
  static constexpr std::uint32_t kEventsPerS = 250;  // of event time
  static constexpr std::int32_t kIdlePartition = 5;
  static constexpr const char* kTopic = "call-metrics";

  DemoFeed(MemoryLog& log, const DemoOptions& options);
  // Appends what has reached the log `elapsed` after the start of the show.
  void Advance(Duration elapsed);
  // Appends all the rest, and one last event to each partition that no query counts, an hour after
  // everything else: it tells every window to close.
  void Finish();
  std::uint64_t appended() const { return appended_; }
  // Event time of the last events.
  EventTime end() const { return EventTime(last_timestamp_ms_); }
  const ManifestCounts& planted() const { return generator_.counts(); }
  const std::vector<Incident>& incidents() const { return incidents_; }
  Duration length() const { return length_; }  // of event time

 private:
  DemoFeed(MemoryLog& log, GeneratorOptions options);
  bool Load();
  void Append();

  MemoryLog& log_;
  Duration length_;
  std::vector<Incident> incidents_;
  std::int64_t start_ms_;
  CallGenerator generator_;
  GeneratedRecord record_;
  bool loaded_ = false;
  std::int64_t last_timestamp_ms_ = 0;
  std::uint64_t appended_ = 0;
};

}  // namespace tidemark
