#include "task/savepoint_ring.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tidemark {

void SavepointRing::Add(const Savepoint& savepoint) {
  if (!savepoints_.empty()) {
    TM_CHECK(savepoints_.back().next_frame <= savepoint.next_frame, "savepoints come in order");
    if (savepoints_.back().next_frame == savepoint.next_frame) {
      savepoints_.back() = savepoint;
      return;
    }
  }
  savepoints_.push_back(savepoint);
  if (savepoints_.size() <= limit_) return;
  std::vector<Savepoint> kept;
  for (std::size_t i = 0; i < savepoints_.size(); ++i) {
    // The oldest stays: an open window may need it.
    if (i % 2 == 0 || i + 1 == savepoints_.size()) kept.push_back(std::move(savepoints_[i]));
  }
  savepoints_ = std::move(kept);
}

const Savepoint& SavepointRing::NewestNotAfter(Offset first_frame) const {
  const auto after = std::upper_bound(
      savepoints_.begin(), savepoints_.end(), first_frame,
      [](Offset offset, const Savepoint& savepoint) { return offset < savepoint.next_frame; });
  TM_CHECK(after != savepoints_.begin(), "a savepoint before every open window is kept");
  return *(after - 1);
}

void SavepointRing::ForgetBefore(Offset next_frame) {
  const auto after = std::upper_bound(
      savepoints_.begin(), savepoints_.end(), next_frame,
      [](Offset offset, const Savepoint& savepoint) { return offset < savepoint.next_frame; });
  if (after != savepoints_.begin()) savepoints_.erase(savepoints_.begin(), after - 1);
}

std::optional<Offset> SavepointRing::last() const {
  if (savepoints_.empty()) return std::nullopt;
  return savepoints_.back().next_frame;
}

}  // namespace tidemark
