// The one reader of progress topics of a group of tasks (protocol 11.11): keeps a ProgressBoard per
// pipeline incarnation.
//
// A board shows the last committed progress of each task, late but never early. Thread: that of the
// group.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "session/session.h"
#include "task/task.h"
#include "worker/progress_tail.h"
#include "worker/shared_ends.h"

namespace tidemark {

class ProgressReader {
 public:
  // Both outlive this.
  ProgressReader(Log* log, SharedEnds* ends, Duration interval);
  ~ProgressReader();

  // Begins to read a pipeline, or answers the board that is there. The board lives until Drop.
  const ProgressBoard* Open(const PipelineNames& names,
                            std::shared_ptr<const PipelineDefinition> pipeline);
  void Drop(const std::string& pipeline, const Incarnation& incarnation);
  // Reads what is new, at most once per interval.
  void Step(MonotonicTime now);

 private:
  struct Entry {
    TaskId task;
    std::unique_ptr<ProgressTail> tail;
    bool caught_up = false;
  };
  struct Pipeline {
    std::shared_ptr<const PipelineDefinition> definition;  // immutable
    ProgressBoard board;
    std::vector<Entry> entries;
  };
  void ReadEntry(Pipeline& pipeline, Entry& entry);
  void Post(Pipeline& pipeline, const Entry& entry);

  std::unique_ptr<Consumer> consumer_;
  SharedEnds* ends_;
  Duration interval_;
  MonotonicTime next_read_;
  std::map<std::pair<std::string, Incarnation>, std::unique_ptr<Pipeline>> pipelines_;
};

}  // namespace tidemark
