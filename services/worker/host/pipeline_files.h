// The pipeline files of the command line, read and planned before anything starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "query/plan.h"
#include "worker/worker.h"

namespace tidemark {

struct PipelineFileOnDisk {
  std::string path;
  std::string text;  // ${NAME} replaced: what is stored depends on no environment
  std::shared_ptr<const PipelinePlan> plan;  // immutable
};

// Everything that is wrong in any of them comes at once: the message is for a terminal, as
// RenderDiagnostics makes it, and ends with a newline.
Result<std::vector<PipelineFileOnDisk>> ReadPipelineFiles(const std::vector<std::string>& paths);

// Plans of these files by their content; of other pipelines (applied by an earlier process) by
// planning their text anew.
PlanLoader PlanLoaderOf(const std::vector<PipelineFileOnDisk>& files);

}  // namespace tidemark
