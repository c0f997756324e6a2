// Logs every 10 s how the process' pipelines go: rates, watermark, lag, open windows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "worker/worker.h"

namespace tidemark {

// Thread: the main one.
class ProgressLine {
 public:
  static constexpr Duration kInterval{10'000};

  void Step(const Worker& worker, MonotonicTime now);

 private:
  struct Pipeline {
    std::uint64_t events = 0;
    std::int64_t lag = 0;
    std::optional<Watermark> watermark;   // the lowest of its partitions here
    bool unreported = false;              // some partition has none yet
    std::map<SourceState, int> standing;  // partitions that are not live, and why
    std::size_t tasks = 0;
    std::uint64_t windows = 0;
    std::uint64_t cells = 0;
    std::uint64_t rows = 0;
    std::size_t restoring = 0;
  };
  static void Add(const SourceTaskStatus& lane, Pipeline& pipeline);
  static void Add(const MergeTaskStatus& merge, Pipeline& pipeline);
  void Print(const std::string& name, const Pipeline& pipeline, Duration passed);

  std::optional<MonotonicTime> printed_;
  std::map<TaskAddress, std::uint64_t> events_seen_;
};

}  // namespace tidemark
