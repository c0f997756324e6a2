// Measures how long results take: from the moment a window could close to the end of the commit of
// its last row. That moment is when the merge task took in the frames whose watermarks let it
// close; how long they lay in the log before is the lag of the merge, not part of it. After a
// take-over in the middle of a closing it is when this closing goes on.
//
// Windows that fire without a row are not measured. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <optional>

#include "task/open_cells.h"
#include "task/task_meter.h"

namespace tidemark {

class ResultDelay {
 public:
  // `meter` outlives this; nullptr: nothing is measured.
  explicit ResultDelay(TaskMeter* meter) : meter_(meter) {}

  void FramesTaken();
  void ClosingBegins() { closable_ = taken_; }
  // Rows of this trigger go into the next commit. Triggers come one after the other.
  void Rows(const Trigger& trigger);
  // The rows of its last trigger are all in this commit or were in the ones before.
  void ClosingEnds();
  void Committed();

 private:
  TaskMeter* meter_;
  MonotonicTime taken_;     // the frames at hand
  MonotonicTime closable_;  // of the closing at hand
  std::optional<Trigger> at_;
  std::uint64_t whole_ = 0;  // triggers whose last row is in the next commit
};

}  // namespace tidemark
