// Hands a finished run to the proof: raw input, committed rows and side topics, and the watermarks
// that idle partitions' owners committed. Nothing of the engine's own counting goes in.
#pragma once

#include "base/status.h"
#include "log/log.h"
#include "model/ids.h"
#include "query/plan.h"

namespace tidemark {

// Prints what was compared, sentence by sentence; `holds` says whether everything was equal.
Status ProveRun(Log& log, const PipelineNames& names, const PipelinePlan& plan, bool& holds);

}  // namespace tidemark
