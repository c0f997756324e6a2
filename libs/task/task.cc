#include "task/task.h"

#include <array>

namespace tidemark {

std::string_view SourceStateName(SourceState state) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "NEVER_REPORTED", "LIVE",    "LAGGING",       "IDLE",
      "ALL_IDLE",       "ALIGNED", "BACKPRESSURED", "BLOCKED_BY_OPEN_TRANSACTION",
      "DATA_LOSS",      "HALTED"};
  return kNames.at(static_cast<std::size_t>(state));
}

}  // namespace tidemark
