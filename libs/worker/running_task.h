// A task after its take-over, of either kind: what the host needs of SourceTask and MergeTask.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "task/merge_task.h"
#include "task/source_task.h"
#include "worker/task_progress.h"

namespace tidemark {

using TaskStatus = std::variant<SourceTaskStatus, MergeTaskStatus>;

// Thread: that of its host.
class RunningTask {
 public:
  virtual ~RunningTask() = default;
  virtual StepResult Step(MonotonicTime now) = 0;
  virtual void Drain() = 0;
  virtual bool Drained() const = 0;
  virtual TaskStatus Status() const = 0;
  // Commits since it began.
  virtual std::uint64_t commits() const = 0;
  // Of a merge that has committed something of its own.
  virtual std::optional<Savepoint> committed_replay_point() const = 0;
};

// What a task runs on. `log`, `board`, `stores` and `meter` outlive it; `stores` may be nullptr: no
// checkpoint is kept.
struct TaskSurroundings {
  Log* log = nullptr;
  const ProgressBoard* board = nullptr;
  CellStores* stores = nullptr;
  std::shared_ptr<const TaskContext> context;  // immutable, shared by the tasks of a pipeline
  TaskMeter* meter = nullptr;                  // nullptr: nobody asks
};

struct TaskTuning {
  SourceTaskOptions source;
  MergeTaskOptions merge;
};

// Builds the task from the progress that was claimed; it owns `producer`. A store that cannot be
// opened costs time at the next start, not the task: it runs without until it can be.
std::unique_ptr<RunningTask> StartTask(const TaskSurroundings& surroundings,
                                       std::unique_ptr<Producer> producer, TaskId task,
                                       const TaskProgress& progress, const TaskTuning& tuning);

}  // namespace tidemark
