// Hands a finished run to the proof: raw input, committed rows and side topics, and the watermarks
// that idle partitions' owners committed. Nothing of the engine's own counting goes in.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/demo_pipeline.h"
#include "cli/topic_tail.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/time.h"

namespace tidemark {

// The watermarks of idle partitions, as their owners committed them: read while the cluster runs,
// since it deletes frames that it needs no more. Thread: one.
class ControlWatermarks {
 public:
  struct Control {
    Offset offset;  // records from here on are judged against it
    Watermark watermark;
  };
  // `log` outlives it.
  Status Follow(Log& log, const PipelineNames& names);
  // Those that are there by now; those up to the end.
  Status Drain();
  Status DrainToEnd();
  const std::vector<Control>& Of(SourceOrdinal source) const;

 private:
  void Take(const TopicPartition& partition, const RecordView& record);

  std::optional<TopicTail> tail_;
  std::map<SourceOrdinal, std::vector<Control>> by_source_;
};

// The finished run of one pipeline.
struct DemoEvidence {
  Log& log;
  const PipelineNames& names;
  const DemoPipeline& pipeline;
  const ControlWatermarks& control;
  // One row is read not at all, or twice: so that a test can see the proof fail.
  DemoOptions::Break falsified = DemoOptions::Break::kNothing;
};

// Prints what was compared, sentence by sentence; true if everything was equal.
Result<bool> ProveRun(const DemoEvidence& evidence);

}  // namespace tidemark
