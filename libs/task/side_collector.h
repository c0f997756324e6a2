// Gathers the late and dead-letter records of the commit at hand: each record at most once per
// topic, in the order in which they were read, and counts records that are partly dead. Thread:
// owned by one task thread.
#pragma once

#include <memory>
#include <vector>

#include "task/dead_letter.h"
#include "task/intake.h"

namespace tidemark {

class SideCollector {
 public:
  // `plan` outlives the collector.
  explicit SideCollector(const PipelinePlan& plan) : writer_(plan) {}
  void SetLimits(SideRecordWriter::TopicLimits limits) { writer_.SetLimits(limits); }

  // Copies what `findings` says about the records of `batch`. Reorders `findings`.
  void Collect(const JudgedBatch& batch, Findings& findings, SourcePartition& partition);

  // Bytes held.
  std::size_t bytes() const { return bytes_; }
  // Hands over what was gathered; the collector is then empty.
  std::vector<SideRecord> Take();

 private:
  void Add(SideRecord record);

  SideRecordWriter writer_;
  std::vector<SideRecord> records_;
  std::size_t bytes_ = 0;
};

// The limits of the late and dead-letter topics as their max.message.bytes say; the default where
// the log does not answer.
SideRecordWriter::TopicLimits ReadTopicLimits(Admin& admin, const PipelineNames& names,
                                              Duration timeout);

}  // namespace tidemark
