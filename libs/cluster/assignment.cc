#include "cluster/assignment.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace tidemark {
namespace {

struct WorkerLoad {
  std::string id;
  std::vector<TaskAddress> held;  // of the group, ascending
  std::size_t total = 0;          // over the groups dealt so far
  std::size_t quota = 0;
};

using GroupName = std::tuple<std::string, Incarnation, TaskId::Kind>;
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

GroupName GroupOf(const TaskAddress& task) {
  return {task.pipeline, task.incarnation, task.task.kind};
}

using Counts = std::map<std::string, std::size_t>;

// A task that leaves a worker with most tasks for one with fewest, to even their totals and leave
// every group even: of a group in which the giver has more.
struct Gift {
  TaskAddress task;
  std::string to;
};

// One that moves anyway, if there is one.
Gift FindGift(const Ownership& present, const Ownership& dealt, const Counts& totals,
              std::size_t most, std::size_t fewest) {
  std::map<std::pair<std::string, GroupName>, std::size_t> held;
  for (const auto& [task, owner] : dealt) ++held[{owner, GroupOf(task)}];
  std::optional<Gift> gift;
  for (const auto& [task, owner] : dealt) {
    if (totals.at(owner) != most) continue;
    const bool stays = present.at(task) == owner;
    if (stays && gift) continue;
    const GroupName group = GroupOf(task);
    for (const auto& [worker, total] : totals) {
      if (total != fewest || held[{worker, group}] >= held[{owner, group}]) continue;
      gift = {task, worker};
      if (!stays) return *gift;
      break;
    }
  }
  TM_CHECK(gift.has_value(), "who has more in all has more in some group");
  return *gift;
}

// Groups are even by themselves; of many small ones a worker may still have all.
void EvenTotals(const Ownership& present, const std::set<std::string>& workers, Ownership& dealt) {
  Counts totals;
  for (const std::string& worker : workers) totals[worker] = 0;
  for (const auto& [task, owner] : dealt) ++totals[owner];
  const auto by_total = [](const auto& a, const auto& b) { return a.second < b.second; };
  while (true) {
    const auto [fewest, most] = std::minmax_element(totals.begin(), totals.end(), by_total);
    if (most->second <= fewest->second + 1) return;
    const Gift gift = FindGift(present, dealt, totals, most->second, fewest->second);
    --totals[dealt[gift.task]];
    ++totals[gift.to];
    dealt[gift.task] = gift.to;
  }
}

}  // namespace

Ownership AssignTasks(const Ownership& present, const std::set<std::string>& workers) {
  Ownership dealt;
  if (workers.empty()) {
    for (const auto& [task, owner] : present) dealt[task] = "";
    return dealt;
  }
  std::map<GroupName, Group> groups;
  for (const auto& [task, owner] : present) groups[GroupOf(task)].emplace_back(task, owner);
  std::vector<WorkerLoad> loads;
  for (const std::string& id : workers) loads.push_back(WorkerLoad{.id = id});
  for (const auto& [name, group] : groups) DealGroup(group, loads, dealt);
  EvenTotals(present, workers, dealt);
  return dealt;
}

}  // namespace tidemark
