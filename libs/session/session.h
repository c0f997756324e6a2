// What a worker and the coordinator say to each other (protocol 11.9), as plain structs.
//
// Every message tells the complete state of its sender, never a difference: a transport may lose,
// repeat and delay them. What is older than what is known (a lower term, an older metadata offset)
// is ignored by the receiver.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "log/log.h"
#include "model/ids.h"
#include "model/time.h"
#include "shuffle/progress.h"

namespace tidemark {

// One process of a worker. A restarted process is a new incarnation of the same id.
struct WorkerIdentity {
  std::string id;  // [a-z0-9.-]{1,63}
  Incarnation incarnation;
  friend auto operator<=>(const WorkerIdentity&, const WorkerIdentity&) = default;
};

// One task of one incarnation of a pipeline.
struct TaskAddress {
  std::string pipeline;
  Incarnation incarnation;
  TaskId task;
  // "voice/lane-3"
  std::string ToString() const;
  friend auto operator<=>(const TaskAddress&, const TaskAddress&) = default;
};

enum class PipelineState : std::uint8_t {
  kRunning,
  kPaused,
  kDeleting,  // its tasks end; then its record is removed
  kHalted,    // wrong beyond what a restart can mend; `reason` says what, and what to do
};
std::string_view PipelineStateName(PipelineState state);

// A pipeline as the coordinator has logged it. Everything that was resolved when it was created is
// in here and never resolved again.
struct PipelineDefinition {
  std::string name;
  Incarnation incarnation;
  PlanVersion version{std::uint64_t{1}};
  PipelineState state = PipelineState::kRunning;
  std::string reason;                   // of kHalted
  std::string text;                     // the pipeline file as applied, ${} expanded
  std::string descriptor_set;           // of its message and what that refers to; "": built in
  std::vector<TopicPartition> sources;  // by source ordinal
  std::vector<Offset> start_offsets;    // by source ordinal
  std::optional<EventTime> start_time;  // windows that begin before it are withheld
  std::uint32_t lanes = 0;
  std::uint32_t merges = 0;
  std::map<std::string, std::int32_t> sink_partitions;  // of each result topic
  friend bool operator==(const PipelineDefinition&, const PipelineDefinition&) = default;

  std::vector<TaskId> Tasks() const;  // lanes, then merges
};

struct Assignment {
  TaskAddress task;
  OwnerEpoch epoch;
  PlanVersion version{std::uint64_t{1}};
  friend auto operator<=>(const Assignment&, const Assignment&) = default;
};

// --- worker -> coordinator
// ---------------------------------------------------------------------------------------

struct Hello {
  WorkerIdentity worker;
  std::string address;              // shown to operators
  std::uint32_t newest_format = 1;  // of the formats it can read and write
  friend bool operator==(const Hello&, const Hello&) = default;
};

enum class TaskState : std::uint8_t {
  kTaking,   // between the assignment and the claim
  kRunning,  // replaying included
  kBlocked,  // waits for an open transaction of somebody else
  kDrained,  // everything it read is committed; it has let go of its task
  kStale,    // its progress carries a newer epoch: it has let go of its task
  kFailed,   // could not take or keep it, retries included; it has let go of its task
  kHalted,   // the pipeline must stop
};
std::string_view TaskStateName(TaskState state);

// What a lane tells of one source partition. For operators: nothing is decided by it.
struct SourceReport {
  SourceOrdinal source;
  std::string state;  // LIVE, IDLE, ...: why its time stands where it does
  Offset position;
  Offset high_watermark;               // as last seen
  std::optional<Watermark> watermark;  // W_s
  friend bool operator==(const SourceReport&, const SourceReport&) = default;
};

// What a merge that runs tells of itself. For operators, too.
struct MergeReport {
  std::optional<Watermark> combined;  // C
  double replay_ratio = 0;            // of the offsets to replay, done; 1: it replays no more
  std::uint64_t open_windows = 0;
  std::uint64_t open_cells = 0;
  std::uint64_t state_bytes = 0;
  friend bool operator==(const MergeReport&, const MergeReport&) = default;
};

struct TaskReport {
  TaskAddress task;
  OwnerEpoch epoch;
  TaskState state = TaskState::kTaking;
  std::string reason;  // of kFailed and kHalted; in heartbeats also what a task that runs misses,
                       // and what a take-over is at that takes long
  std::optional<Savepoint> committed_replay_point;  // of a merge that runs
  std::vector<SourceReport> sources;                // of a lane that runs; in heartbeats only
  std::optional<MergeReport> merge;                 // of a merge that runs; in heartbeats only
  friend bool operator==(const TaskReport&, const TaskReport&) = default;
};

struct Heartbeat {
  enum class Phase : std::uint8_t {
    kServing,
    kDraining,
    kLeft,    // this is its last message, its tasks are free
    kCutOff,  // it would serve, but no broker has answered it for a while
  };
  WorkerIdentity worker;
  Phase phase = Phase::kServing;
  std::vector<TaskReport> tasks;
  std::string address = {};  // shown to operators; a new coordinator hears it without a Hello
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

std::string_view WorkerPhaseName(Heartbeat::Phase phase);

using Upward = std::variant<Hello, Heartbeat>;

// --- coordinator -> worker
// ---------------------------------------------------------------------------------------

// Answers a Hello.
struct Welcome {
  Term term;
};
// The complete set of a worker's tasks, and the pipelines they belong to, as of an offset of the
// metadata log.
struct AssignmentSnapshot {
  Term term;
  Offset at;
  std::vector<Assignment> tasks;                                               // ascending
  std::map<std::string, std::shared_ptr<const PipelineDefinition>> pipelines;  // immutable, by name
};
// This coordinator does not know the worker: say Hello (again).
struct WhoAreYou {
  Term term;
};
// Another process with the same worker id has taken its place: end, saying so.
struct Replaced {
  Term term;
};

using DownwardContent = std::variant<Welcome, AssignmentSnapshot, WhoAreYou, Replaced>;
struct Downward {
  WorkerIdentity to;
  DownwardContent content;
};

}  // namespace tidemark
