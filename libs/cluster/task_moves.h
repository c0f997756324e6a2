// Why tasks are given to workers, and how often it happened. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "cluster/cluster_state.h"

namespace tidemark {

enum class MoveReason : std::uint8_t {
  kStarted,   // it was nobody's: its pipeline was created or resumed
  kLost,      // its worker said nothing for the session timeout, or is cut off from the brokers
  kLeft,      // its worker was told to end, and has committed what it read
  kReplaced,  // its worker's process was replaced by another one of the same id
  kFailed,    // its worker gave it up, and may get it again
  kBalance,   // from a worker that goes on, to even out the load
};
inline constexpr int kMoveReasons = 6;
std::string_view MoveReasonName(MoveReason reason);

// One assignment. The owner's epoch is a new one.
struct TaskMove {
  TaskAddress task;
  TaskOwner owner;
  MoveReason reason = MoveReason::kStarted;
};

// Counts assignments by reason. One that is decided counts once it is read back from the log, or
// never: a decision may be lost on its way there.
class TaskMoveCounter {
 public:
  // Forgets the decision before, unless it was read back.
  void Decided(std::vector<TaskMove> moves);
  void ReadBack(const ClusterState& state);
  // Every reason is there, from the start.
  const std::map<MoveReason, std::uint64_t>& counts() const { return counts_; }

 private:
  std::vector<TaskMove> decided_;
  std::map<MoveReason, std::uint64_t> counts_ = {
      {MoveReason::kStarted, 0},  {MoveReason::kLost, 0},   {MoveReason::kLeft, 0},
      {MoveReason::kReplaced, 0}, {MoveReason::kFailed, 0}, {MoveReason::kBalance, 0}};
};

}  // namespace tidemark
