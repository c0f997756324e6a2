#include "session/session.h"

#include <array>

#include "base/text.h"

namespace tidemark {

std::string TaskAddress::ToString() const { return StrCat(pipeline, "/", task.ToString()); }

std::string_view PipelineStateName(PipelineState state) {
  static constexpr std::array<std::string_view, 4> kNames = {"RUNNING", "PAUSED", "DELETING",
                                                             "HALTED"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string_view TaskStateName(TaskState state) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "TAKING", "RUNNING", "BLOCKED_BY_OPEN_TRANSACTION", "DRAINED", "STALE", "FAILED", "HALTED"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string_view WorkerPhaseName(Heartbeat::Phase phase) {
  static constexpr std::array<std::string_view, 4> kNames = {"SERVING", "DRAINING", "LEFT",
                                                             "CUT_OFF"};
  return kNames.at(static_cast<std::size_t>(phase));
}

std::vector<TaskId> PipelineDefinition::Tasks() const {
  std::vector<TaskId> tasks;
  for (std::uint32_t i = 0; i < lanes; ++i) tasks.push_back(TaskId::Of(Lane(i)));
  for (std::uint32_t i = 0; i < merges; ++i) tasks.push_back(TaskId::Of(ShufflePartition(i)));
  return tasks;
}

}  // namespace tidemark
