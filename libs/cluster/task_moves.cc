#include "cluster/task_moves.h"

#include <array>
#include <utility>

namespace tidemark {

std::string_view MoveReasonName(MoveReason reason) {
  static constexpr std::array<std::string_view, kMoveReasons> kNames = {
      "started", "lost", "left", "replaced", "failed", "balance"};
  return kNames.at(static_cast<std::size_t>(reason));
}

void TaskMoveCounter::Decided(std::vector<TaskMove> moves) { decided_ = std::move(moves); }

void TaskMoveCounter::ReadBack(const ClusterState& state) {
  for (const TaskMove& move : std::exchange(decided_, {})) {
    const auto found = state.tasks.find(move.task);
    if (found != state.tasks.end() && found->second == move.owner) ++counts_[move.reason];
  }
}

}  // namespace tidemark
