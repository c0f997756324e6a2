// Tasks that one thread steps, and what they share: where partitions end, and how far the others
// are.
//
// Orders are complete, never differences: what is not in the newest ones under its epoch is let go
// of at once. Thread: one, from construction to destruction.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "session/session.h"
#include "worker/progress_reader.h"
#include "worker/task_host.h"

namespace tidemark {

struct TaskOrder {
  TaskAddress task;
  OwnerEpoch epoch;
  std::shared_ptr<const PipelineDefinition> pipeline;  // immutable
  std::shared_ptr<const TaskContext> context;          // immutable
  TaskTuning tuning;
};

struct GroupOrders {
  enum class Mode : std::uint8_t {
    kServe,
    kDrain,  // each task commits what it has read, then ends
  };
  std::vector<TaskOrder> tasks;
  Mode mode = Mode::kServe;
};

class TaskGroup {
 public:
  // All outlive the group; `stores` may be nullptr: no checkpoints.
  struct Ports {
    Log* log = nullptr;
    CellStores* stores = nullptr;
    const Clock* clock = nullptr;  // of what is measured; nullptr: the times of Step
  };
  struct Options {
    TakeoverOptions takeover;
    Duration progress_interval{50};  // how often progress topics are read
  };
  TaskGroup(Ports ports, Options options);
  ~TaskGroup();

  void Adopt(const GroupOrders& orders);
  // Steps every task once. kWorked: some task wants to go on at once.
  StepOutcome Step(MonotonicTime now);

  // In order of their addresses.
  std::vector<TaskReport> Reports() const;
  std::map<TaskAddress, TaskStatus> Statuses() const;
  // Of all tasks that were ever here.
  const TaskCounts& Counts() const { return meter_.counts(); }

 private:
  void LetGo(const GroupOrders& orders);
  void Take(const TaskOrder& order);
  void DropUnusedBoards();

  Ports ports_;
  Options options_;
  TaskMeter meter_;
  SharedEnds ends_;
  ProgressReader progress_;
  std::map<std::pair<std::string, Incarnation>, const ProgressBoard*> boards_;
  std::map<TaskAddress, std::unique_ptr<TaskHost>> hosts_;
};

}  // namespace tidemark
