// The ids that travel through the system. Each is a type of its own; none converts into another.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/strong.h"

namespace tidemark {

// A position in one log partition: the offset of the next record to read, or of a record.
using Offset = Strong<struct OffsetTag, std::int64_t>;
// A partition number of any topic.
using Partition = Strong<struct PartitionTag, std::int32_t>;
// Index of a (topic, partition) in a pipeline's logged, append-only source set.
using SourceOrdinal = Strong<struct SourceOrdinalTag, std::uint32_t>;
// A lane owns the source ordinals s with s mod lanes == lane.
using Lane = Strong<struct LaneTag, std::uint32_t>;
// A partition of the shuffle topic, and the merge task that reads it.
using ShufflePartition = Strong<struct ShufflePartitionTag, std::uint32_t>;
// Number of frames-writing commits of a lane; the first is 1.
using LaneSequence = Strong<struct LaneSequenceTag, std::uint64_t>;
// Grows with every assignment of a task, from 1. 0 = never assigned.
using OwnerEpoch = Strong<struct OwnerEpochTag, std::uint64_t>;
// Grows with every coordinator that takes over, from 1.
using Term = Strong<struct TermTag, std::uint64_t>;
// Version of a pipeline's plan, from 1.
using PlanVersion = Strong<struct PlanVersionTag, std::uint64_t>;
// A query of one plan, never reused within an incarnation, from 1.
using InstanceId = Strong<struct InstanceIdTag, std::uint32_t>;

// Identity of one creation of a pipeline: 8 characters of [0-9a-z]. It is part of topics,
// transactional ids, frames and paths, so delete and create never meets old state.
class Incarnation {
 public:
  static constexpr std::size_t kSize = 8;
  Incarnation() : text_(kSize, '0') {}
  static Result<Incarnation> Parse(std::string_view text);
  // Eight characters drawn from 64 random bits.
  static Incarnation FromBits(std::uint64_t bits);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Incarnation&, const Incarnation&) = default;

 private:
  std::string text_;
};

// One source task or merge task of a pipeline; "lane-3" or "merge-5" in text.
struct TaskId {
  enum class Kind : std::uint8_t { kLane, kMerge };
  Kind kind = Kind::kLane;
  std::uint32_t index = 0;

  static TaskId Of(Lane lane) { return {Kind::kLane, lane.value()}; }
  static TaskId Of(ShufflePartition merge) { return {Kind::kMerge, merge.value()}; }
  static Result<TaskId> Parse(std::string_view text);
  std::string ToString() const;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
};

// Names of everything one incarnation of a pipeline owns (protocol 11.7).
struct PipelineNames {
  std::string cluster;
  std::string pipeline;
  Incarnation incarnation;

  // "tidemark.<cluster>.<pipeline>.<incarnation>": the group of lag tools, and the prefix of
  // transactional ids.
  std::string Prefix() const;
  std::string TransactionalId(TaskId task) const;
  std::string ShuffleTopic() const;
  std::string ProgressTopic() const;
  std::string LateTopic() const;        // "<pipeline>.late"
  std::string DeadLetterTopic() const;  // "<pipeline>.dead-letter"
  std::string LedgerTopic() const;      // "<pipeline>.ledger"
  // The task's partition of the progress topic: lane i is i, merge d is lanes + d.
  static Partition ProgressPartition(TaskId task, std::uint32_t lanes);
};
std::string MetadataTopic(std::string_view cluster);
std::string CoordinatorTransactionalId(std::string_view cluster);

}  // namespace tidemark

template <>
struct std::hash<tidemark::TaskId> {
  std::size_t operator()(const tidemark::TaskId& task) const {
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(task.kind) << 32 | task.index);
  }
};
