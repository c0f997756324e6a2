#include "worker/task_group.h"

#include <algorithm>
#include <utility>

namespace tidemark {

TaskGroup::TaskGroup(Ports ports, Options options)
    : ports_(ports),
      options_(options),
      meter_(ports.clock),
      ends_(ports.log->NewAdmin(), options.takeover.call_timeout),
      progress_(ports.log, &ends_, options.progress_interval) {}

TaskGroup::~TaskGroup() = default;

StepOutcome TaskGroup::Step(MonotonicTime now) {
  meter_.BeginStep(now);
  progress_.Step(now);
  bool worked = false;
  for (auto& [task, host] : hosts_) worked |= host->Step(now) == StepOutcome::kWorked;
  return worked ? StepOutcome::kWorked : StepOutcome::kIdle;
}

void TaskGroup::Adopt(const GroupOrders& orders) {
  LetGo(orders);
  for (const TaskOrder& order : orders.tasks) {
    if (!hosts_.contains(order.task)) Take(order);
  }
  if (orders.mode != GroupOrders::Mode::kDrain) return;
  for (auto& [task, host] : hosts_) host->Drain();
}

void TaskGroup::LetGo(const GroupOrders& orders) {
  std::erase_if(hosts_, [&](const auto& entry) {
    return std::none_of(orders.tasks.begin(), orders.tasks.end(), [&](const TaskOrder& order) {
      return order.task == entry.first && order.epoch == entry.second->epoch();
    });
  });
  DropUnusedBoards();
}

void TaskGroup::DropUnusedBoards() {
  std::erase_if(boards_, [&](const auto& entry) {
    const auto& of_board = entry.first;
    const bool used = std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& host) {
      return std::pair(host.first.pipeline, host.first.incarnation) == of_board;
    });
    if (!used) progress_.Drop(of_board.first, of_board.second);
    return !used;
  });
}

void TaskGroup::Take(const TaskOrder& order) {
  const PipelineNames& names = order.context->names;
  const ProgressBoard* board = progress_.Open(names, order.pipeline);
  boards_[{order.task.pipeline, order.task.incarnation}] = board;
  hosts_[order.task] = std::make_unique<TaskHost>(
      TaskHost::Parts{.surroundings = {ports_.log, board, ports_.stores, order.context, &meter_},
                      .ends = &ends_,
                      .target = {names, order.pipeline, order.task.task, order.epoch},
                      .takeover = options_.takeover,
                      .tuning = order.tuning});
}

std::vector<TaskReport> TaskGroup::Reports() const {
  std::vector<TaskReport> reports;
  for (const auto& [task, host] : hosts_) reports.push_back(host->Report());
  return reports;
}

std::map<TaskAddress, TaskStatus> TaskGroup::Statuses() const {
  std::map<TaskAddress, TaskStatus> statuses;
  for (const auto& [task, host] : hosts_) {
    if (auto status = host->Status()) statuses.emplace(task, std::move(*status));
  }
  return statuses;
}

}  // namespace tidemark
