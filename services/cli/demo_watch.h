// Looks at the demo's cluster from outside, as a user would: statuses of tasks, committed rows,
// ledger, late and dead-letter topics; keeps what the panel shows. Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "cli/demo_faults.h"
#include "cli/demo_feed.h"
#include "cli/demo_panel.h"
#include "cli/topic_tail.h"
#include "embedded/embedded_cluster.h"
#include "query/plan.h"

namespace tidemark {

class DemoWatch {
 public:
  // All outlive it; the pipeline is applied.
  DemoWatch(EmbeddedCluster& cluster, Log& log, const PipelinePlan& plan);

  Status Start(const PipelineNames& names);
  // Reads what was committed since and the statuses of the tasks.
  Status Look(const DemoFaults& faults);
  // Fills in all but the time and the events.
  void Fill(DemoSnapshot& snapshot) const;
  // True if every shuffle partition has published every window of every query that ends by `time`,
  // finally.
  bool FinalThrough(EventTime time) const;
  std::uint64_t records_read() const;
  // Reasons seen in the dead-letter topic, with counts.
  const std::map<std::string, std::uint64_t>& dead_letters() const { return dead_letters_; }
  std::optional<SourceState> StateOf(std::int32_t partition) const;
  // Records of the partition that have been read.
  std::int64_t PositionOf(std::int32_t partition) const;

 private:
  struct SourceLine {
    std::optional<Watermark> watermark;
    SourceState state = SourceState::kNeverReported;
    std::int64_t position = 0;
    std::int64_t end = 0;
  };
  void Take(const TopicPartition& partition, const RecordView& record);
  void TakeCarrierRow(std::string_view json);
  void TakeLedger(std::string_view key, std::string_view value);
  void ReadStatuses();
  void FillPartitions(DemoSnapshot& snapshot) const;
  void FillSeries(DemoSnapshot& snapshot) const;

  EmbeddedCluster& cluster_;
  const PipelinePlan& plan_;
  PipelineNames names_;
  TopicTail tail_;
  std::map<std::int32_t, SourceLine> partitions_;
  std::map<std::string, DemoSnapshot::WorkerLine> workers_;
  // (carrier, country) -> window end -> (calls, percent answered)
  std::map<std::pair<std::string, std::string>,
           std::map<std::string, std::pair<std::uint64_t, std::optional<double>>>>
      series_;
  std::map<std::pair<std::string, std::int64_t>, EventTime>
      final_through_;  // (query, shuffle partition)
  std::map<std::string, std::uint64_t> dead_letters_;
  std::uint64_t rows_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace tidemark
