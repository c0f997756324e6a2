// Hands a finished run to the proof: raw input, committed rows and side topics, and the watermarks
// that idle partitions' owners committed. Nothing of the engine's own counting goes in.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/status.h"
#include "cli/topic_tail.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/time.h"
#include "query/plan.h"

namespace tidemark {

// The watermarks of idle partitions, as their owners committed them: read while the cluster runs,
// since it deletes frames that it needs no more. Thread: one.
class ControlWatermarks {
 public:
  struct Control {
    Offset offset;  // records from here on are judged against it
    Watermark watermark;
  };
  explicit ControlWatermarks(Log& log) : tail_(log, Isolation::kReadCommitted) {}
  Status Follow(const PipelineNames& names) { return tail_.Follow(names.ShuffleTopic()); }
  Status Drain();
  const std::vector<Control>& Of(SourceOrdinal source) const;

 private:
  TopicTail tail_;
  std::map<SourceOrdinal, std::vector<Control>> by_source_;
};

// The finished run of one pipeline.
struct DemoEvidence {
  Log& log;
  const PipelineNames& names;
  const PipelinePlan& plan;
  const ControlWatermarks& control;
};

// Prints what was compared, sentence by sentence; true if everything was equal.
Result<bool> ProveRun(const DemoEvidence& evidence);

}  // namespace tidemark
