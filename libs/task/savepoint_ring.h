// Savepoints a merge task may replay from, in memory: rebuilt by a replay, never stored as such.
//
// When it is full, every second one goes: the past gets coarser, so a replay may begin a little
// earlier than it must, never later. Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "shuffle/progress.h"

namespace tidemark {

class SavepointRing {
 public:
  // REQUIRES: limit >= 4.
  explicit SavepointRing(std::size_t limit) : limit_(limit) {}

  // Savepoints come in the order of their frames; one at the same frame as the last replaces it.
  void Add(const Savepoint& savepoint);
  // The newest savepoint whose next frame is not later than `first_frame`. REQUIRES: there is one.
  const Savepoint& NewestNotAfter(Offset first_frame) const;
  // Forgets everything older than the newest savepoint whose next frame is not later than
  // `next_frame`.
  void ForgetBefore(Offset next_frame);
  std::size_t size() const { return savepoints_.size(); }
  std::optional<Offset> last() const;

 private:
  std::size_t limit_;
  std::vector<Savepoint> savepoints_;
};

}  // namespace tidemark
