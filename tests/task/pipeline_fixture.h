// One pipeline on the memory log, its tasks stepped by hand: what the tests of source and merge
// tasks share.
//
// Time stands still but for Advance. The progress board shows what the tasks have committed, as
// often as ShowProgress is called.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log_memory/memory_log.h"
#include "shuffle/frame.h"
#include "task/merge_task.h"
#include "task/source_task.h"

namespace tidemark {

// The wall clock at the start of a test: 2026-01-01T00:00:00Z, a multiple of an hour.
inline constexpr std::int64_t kDay0 = 1'767'225'600'000;

struct PipelineShape {
  std::string queries;  // the YAML below `queries:`
  std::string source;   // more keys of `source:`, each after ", "
  std::string more;     // further top-level YAML
  std::string event_time = "event_time_ms";
  std::string descriptor_set;  // bytes, where `source` names one
  std::int32_t partitions = 1;
  std::uint32_t lanes = 1;
  std::uint32_t merges = 2;
  std::optional<EventTime> start_time;
  SourceTaskOptions options;
  std::map<std::string, std::string> late_topic;  // configs of the late and dead-letter topics
};

// A query of the fixture's YAML: `SELECT <columns> FROM calls <where> GROUP BY <window>, <keys>`.
std::string QueryYaml(std::string_view name, std::string_view sql,
                      std::string_view lateness = "0s");

struct Call {
  std::int64_t time = 0;  // ms
  std::string account = "a";
  std::int64_t connect_ms = 1;
};
// The bytes of a CallMetric with a summary.
std::string Encode(const Call& call);

// One cell of a frame with the states of count(*) and one sum.
struct FrameCell {
  InstanceId instance;
  std::int64_t slice_end = 0;
  std::int64_t tag = 0;
  std::string key;  // its text columns, comma separated
  std::uint64_t events = 0;
  friend auto operator<=>(const FrameCell&, const FrameCell&) = default;
};
struct Frame {
  FrameHeader header;
  std::vector<FrameCell> cells;
};

class PipelineFixture {
 public:
  explicit PipelineFixture(PipelineShape shape);
  ~PipelineFixture();

  MemoryLog& log() { return log_; }
  ManualClock& clock() { return clock_; }
  MemoryLogClient& client() { return *client_; }
  const TaskContext& context() const { return *context_; }
  ProgressBoard& board() { return board_; }
  std::int64_t Wall() const { return log_.WallMs(); }

  TopicPartition Input(std::int32_t partition) const { return {"calls", Partition(partition)}; }
  Offset Append(std::int32_t partition, std::optional<std::string_view> value,
                std::int64_t timestamp_ms);
  // With the event time as timestamp.
  Offset Append(std::int32_t partition, const Call& call) {
    return Append(partition, Encode(call), call.time);
  }

  // Takes the task over from its last committed progress with the next epoch. An earlier one is
  // dropped.
  void StartLane(std::uint32_t lane);
  void StartMerge(std::uint32_t merge);
  SourceTask& lane(std::uint32_t lane) { return *lanes_.at(lane).task; }
  MergeTask& merge(std::uint32_t merge) { return *merges_.at(merge).task; }
  StepResult StepLane(std::uint32_t lane) { return this->lane(lane).Step(clock_.Now()); }
  StepResult StepMerge(std::uint32_t merge) { return this->merge(merge).Step(clock_.Now()); }
  // Steps the lane until it is idle, lets a commit interval pass and does so again: all that is
  // there is committed. Returns the last result.
  StepResult RunLane(std::uint32_t lane);
  StepResult RunMerge(std::uint32_t merge);
  void Advance(Duration by) { clock_.Advance(by); }
  void ShowProgress();

  // The committed frames of a shuffle partition, in order.
  std::vector<Frame> Frames(std::uint32_t partition) const;
  std::vector<DumpedRecord> Committed(const std::string& topic, std::int32_t partition = 0) const;
  LaneProgress Progress(std::uint32_t lane) const;

 private:
  template <class Task>
  struct Running {
    std::unique_ptr<Producer> producer;
    std::unique_ptr<Task> task;  // destroyed before its producer
  };
  void CreateTopics(const PipelineShape& shape);
  std::unique_ptr<Producer> Claim(TaskId task, const std::string& progress);
  std::optional<std::string> LastProgress(TaskId task) const;
  LaneProgress FirstProgress(std::uint32_t lane) const;

  ManualClock clock_;
  MemoryLog log_;
  std::unique_ptr<MemoryLogClient> client_;
  std::shared_ptr<TaskContext> context_;
  SourceTaskOptions options_;
  ProgressBoard board_;
  std::map<std::uint32_t, Running<SourceTask>> lanes_;
  std::map<std::uint32_t, Running<MergeTask>> merges_;
};

// Counts the calls of one kind.
class CountCalls final : public FaultHook {
 public:
  explicit CountCalls(LogCallKind kind) : kind_(kind) {}
  Fault Before(const LogCall& call) override {
    if (call.kind == kind_) ++count;
    return {};
  }
  int count = 0;

 private:
  LogCallKind kind_;
};

// The value of a header of a side record; nullopt if it is not there.
std::optional<std::string> HeaderOf(const DumpedRecord& record, std::string_view name);

}  // namespace tidemark
