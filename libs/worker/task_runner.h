// Where a group of tasks is stepped: in its owner's own thread, or in a thread of its own.
//
// The owner posts complete orders and reads what the group last showed; it never waits for a step.
// A group in a thread of its own shows itself late: after a step, at most kShowInterval apart while
// it works. Orders that are posted before the former ones were followed replace them.
//
// Thread: that of the owner, for each function.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "worker/task_group.h"

namespace tidemark {

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  virtual void Post(GroupOrders orders) = 0;
  // Steps the group if it has no thread of its own.
  virtual StepOutcome Step(MonotonicTime now) = 0;
  // How many Posts the group has followed (or passed over for newer ones), as last shown.
  virtual std::uint64_t Followed() const = 0;
  // As last shown. Without a task of the newest orders until they are followed.
  virtual std::vector<TaskReport> Reports() const = 0;
  virtual std::map<TaskAddress, TaskStatus> Statuses() const = 0;
  // Of all tasks that were ever here, as last shown.
  virtual TaskCounts Counts() const = 0;
};

std::unique_ptr<TaskRunner> StepInline(TaskGroup::Ports ports, TaskGroup::Options options);

// Begins a thread of that name (at most 15 characters). It steps while there is something to do;
// when there is not it waits, longer each time, up to kLongestWait or until orders come.
// Destruction lets go of all tasks, whatever they were doing, and waits for the end of the step
// under way.
constexpr Duration kShowInterval{20};
constexpr Duration kLongestWait{10};
std::unique_ptr<TaskRunner> StepInThread(std::string name, TaskGroup::Ports ports,
                                         TaskGroup::Options options, const Clock& clock);

}  // namespace tidemark
