// Reads the partitions of a lane: which one is next, what the log gives, and what its errors mean
// (protocol 2.5, 6).
//
// Before anything else the last record consumed of each partition is fetched again and its CRC
// compared: a topic that was deleted and made anew holds other records at the same offsets. A
// record that is gone from the log gives no verdict. Then partitions are read in rounds, in each
// the one with the lowest W_s first; one that is more than max_drift ahead of the lane is held by
// not fetching it. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/log.h"
#include "task/ends_reader.h"
#include "task/source_partition.h"
#include "task/source_task.h"

namespace tidemark {

struct LaneRead {
  enum class Kind : std::uint8_t {
    kNothing,  // nothing there now
    kRecords,  // `batch` of partition `index`
    kMoved,    // a position moved without records (lost offsets were skipped)
    kEnded,    // the task ends as `end` says
  };
  Kind kind = Kind::kNothing;
  std::size_t index = 0;
  std::unique_ptr<FetchedBatch> batch;
  StepResult end;
};

class LaneReader {
 public:
  // `partitions` and `ends` outlive the reader.
  LaneReader(Log& log, std::span<SourcePartition> partitions, EndsReader& ends,
             const SourceTaskOptions& options);

  // Goes on with the check of the last records. `checked()` once it is done.
  LaneRead Check();
  bool checked() const { return check_at_ == partitions_.size(); }

  // Reads one batch of one partition. REQUIRES: checked().
  LaneRead Next();

 private:
  enum class Verdict : std::uint8_t { kSame, kOther, kNone, kLater, kFailed };
  Verdict CheckLast(const SourcePartition& partition, LogStatus& failure);
  Verdict CheckFetched(const SourcePartition& partition, FetchedBatch* batch);
  LaneRead Replaced(const SourcePartition& partition) const;

  void Hold();
  void OrderRound();
  LaneRead ReadRound();
  LaneRead Read(std::size_t index);
  LaneRead Failed(std::size_t index, LogError error, const std::string& message);
  LaneRead OutOfRange(std::size_t index);
  LaneRead Skip(std::size_t index, const PartitionEnds& ends);

  std::span<SourcePartition> partitions_;
  EndsReader& ends_;
  const SourceTaskOptions& options_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<bool> assigned_;
  std::size_t check_at_ = 0;
  std::vector<std::size_t> round_;      // partitions still to read in this round, the next one last
  std::optional<std::size_t> pending_;  // its call must be repeated before any other
};

// The default of SourceTaskOptions::max_drift.
Duration DefaultMaxDrift(const PipelinePlan& plan);

}  // namespace tidemark
