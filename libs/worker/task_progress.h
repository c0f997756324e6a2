// The progress of either kind of task, as take-over handles it: read, claimed, begun. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "session/session.h"
#include "shuffle/progress.h"

namespace tidemark {

using TaskProgress = std::variant<LaneProgress, MergeProgress>;

// Of a task that never committed: its sources at their start offsets, its shuffle partition at 0.
TaskProgress FirstProgress(const PipelineDefinition& pipeline, TaskId task);
// Progress of another incarnation of the pipeline is an error, as are malformed bytes and newer
// formats.
Result<TaskProgress> DecodeTaskProgress(const PipelineDefinition& pipeline, TaskId task,
                                        std::string_view bytes);
// The claim: the same progress, owned by `epoch`. Moves no position.
TaskProgress Claim(TaskProgress progress, OwnerEpoch epoch);
std::string EncodeTaskProgress(const TaskProgress& progress);
OwnerEpoch EpochOf(const TaskProgress& progress);

}  // namespace tidemark
