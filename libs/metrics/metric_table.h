// The table of metrics: the one place that says which there are. The page and docs/metrics.md are
// made from it. Base units, _total for counters, no label has a value per key of the data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

enum class Metric : std::uint8_t {
  kSourceRecords,
  kSourceDeadLetters,
  kSourceLag,
  kSourceWatermark,
  kSourceState,
  kQueryEvents,
  kQueryClosedThrough,
  kResultDelay,
  kWindowsOpen,
  kCellsOpen,
  kStateBytes,
  kRestoreProgress,
  kTaskState,
  kFrames,
  kFramesDuplicate,
  kCommitDuration,
  kCommitInterval,
  kTransactions,
  kFenced,
  kCoordinatorLeads,
  kWorkers,
  kPipelineState,
  kPipelineTasks,
  kPipelineTasksRunning,
  kPipelineBalanced,
  kTaskMoves,
  kMemory,
  kBuildInfo,
};

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricInfo {
  Metric metric;
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::string_view labels;              // names, separated by spaces, in the order of their values
  std::string_view exported_by;         // worker, coordinator, both
  std::string_view help;                // one sentence
  std::span<const double> bounds = {};  // of a histogram: upper, inclusive, ascending
};

// In the order of Metric.
std::span<const MetricInfo> Metrics();
const MetricInfo& InfoOf(Metric metric);

// docs/metrics.md.
std::string MetricsDocument();

}  // namespace tidemark
