// Looks at the demo's cluster from outside, as a user would: what it tells of its tasks, committed
// rows, ledger, late and dead-letter topics; keeps what the panel shows. Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "cli/demo_cluster.h"
#include "cli/demo_faults.h"
#include "cli/demo_feed.h"
#include "cli/demo_panel.h"
#include "cli/topic_tail.h"

namespace tidemark {

class DemoWatch {
 public:
  // Both outlive it.
  DemoWatch(DemoCluster& cluster, const DemoPipeline& pipeline)
      : cluster_(cluster), pipeline_(pipeline) {}

  // REQUIRES: the pipeline is applied.
  Status Start(const PipelineNames& names);
  // Reads what was committed since, and what the cluster tells.
  Status Look(const DemoFaults& faults);
  const DemoView& view() const { return view_; }
  // Fills in all but the time and the events.
  void Fill(DemoSnapshot& snapshot) const;
  // True if every shuffle partition has published every window of every query that ends by `time`,
  // finally.
  bool FinalThrough(EventTime time) const;
  std::uint64_t records_read() const;
  // Reasons seen in the dead-letter topic, with counts.
  const std::map<std::string, std::uint64_t>& dead_letters() const { return dead_letters_; }
  // "" if nothing is known of it.
  std::string StateOf(std::int32_t partition) const;
  // Records of the partition that have been read.
  std::int64_t PositionOf(std::int32_t partition) const;

 private:
  void Take(const TopicPartition& partition, const RecordView& record);
  void TakeCarrierRow(std::string_view json);
  void TakeLedger(std::string_view key, std::string_view value);
  void CountTasks(const DemoFaults& faults);
  void FillPartitions(DemoSnapshot& snapshot) const;
  void FillSeries(DemoSnapshot& snapshot) const;

  DemoCluster& cluster_;
  const DemoPipeline& pipeline_;
  PipelineNames names_;
  std::optional<TopicTail> tail_;
  DemoView view_;
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
