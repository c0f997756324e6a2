#include "cluster/assignment.h"

#include <algorithm>
#include <tuple>

namespace tidemark {
namespace {

struct WorkerLoad {
  std::string id;
  std::vector<TaskAddress> held;  // of the group, ascending
  std::size_t total = 0;          // over the groups dealt so far
  std::size_t quota = 0;
};

using Group = std::vector<std::pair<TaskAddress, std::string>>;

// The first `tasks mod workers` get one more. Those that already hold more than the floor come
// first, since anyone else's larger quota would move a task; then those with the least to do.
void SetQuotas(std::vector<WorkerLoad>& loads, std::size_t tasks) {
  const std::size_t floor = tasks / loads.size();
  std::sort(loads.begin(), loads.end(), [&](const WorkerLoad& a, const WorkerLoad& b) {
    return std::tuple(a.held.size() <= floor, a.total, a.id) <
           std::tuple(b.held.size() <= floor, b.total, b.id);
  });
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i].quota = floor + (i < tasks % loads.size() ? 1 : 0);
  }
}

std::vector<TaskAddress> TakeSurplus(std::vector<WorkerLoad>& loads) {
  std::vector<TaskAddress> surplus;
  for (WorkerLoad& load : loads) {
    while (load.held.size() > load.quota) {
      surplus.push_back(load.held.back());
      load.held.pop_back();
    }
  }
  return surplus;
}

void DealGroup(const Group& group, std::vector<WorkerLoad>& loads, Ownership& dealt) {
  std::vector<TaskAddress> free;
  for (const auto& [task, owner] : group) {
    const auto load = std::find_if(loads.begin(), loads.end(),
                                   [&id = owner](const WorkerLoad& w) { return w.id == id; });
    (load == loads.end() ? free : load->held).push_back(task);
  }
  SetQuotas(loads, group.size());
  const std::vector<TaskAddress> surplus = TakeSurplus(loads);
  free.insert(free.end(), surplus.begin(), surplus.end());
  std::sort(free.begin(), free.end());
  auto next = free.begin();
  for (WorkerLoad& load : loads) {
    for (; load.held.size() < load.quota; ++next) load.held.push_back(*next);
    for (const TaskAddress& task : load.held) dealt[task] = load.id;
    load.total += load.held.size();
    load.held.clear();
  }
}

}  // namespace

Ownership AssignTasks(const Ownership& present, const std::set<std::string>& workers) {
  Ownership dealt;
  if (workers.empty()) {
    for (const auto& [task, owner] : present) dealt[task] = "";
    return dealt;
  }
  std::map<std::tuple<std::string, Incarnation, TaskId::Kind>, Group> groups;
  for (const auto& [task, owner] : present) {
    groups[{task.pipeline, task.incarnation, task.task.kind}].emplace_back(task, owner);
  }
  std::vector<WorkerLoad> loads;
  for (const std::string& id : workers) loads.push_back(WorkerLoad{.id = id});
  for (const auto& [name, group] : groups) DealGroup(group, loads, dealt);
  return dealt;
}

}  // namespace tidemark
