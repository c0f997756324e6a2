#include "worker/task_progress.h"

#include "base/text.h"

namespace tidemark {
namespace {

LaneProgress FirstLaneProgress(const PipelineDefinition& pipeline, std::uint32_t lane) {
  LaneProgress progress{.incarnation = pipeline.incarnation, .plan_version = pipeline.version};
  for (std::uint32_t s = lane; s < pipeline.sources.size(); s += pipeline.lanes) {
    SourceProgress source;
    source.source = SourceOrdinal(s);
    source.position = pipeline.start_offsets[s];
    progress.sources.push_back(std::move(source));
  }
  return progress;
}

const Incarnation& IncarnationOf(const TaskProgress& progress) {
  return std::visit([](const auto& p) -> const Incarnation& { return p.incarnation; }, progress);
}

}  // namespace

TaskProgress FirstProgress(const PipelineDefinition& pipeline, TaskId task) {
  if (task.kind == TaskId::Kind::kLane) return FirstLaneProgress(pipeline, task.index);
  MergeProgress progress{.incarnation = pipeline.incarnation};
  progress.commit_point.plan_version = pipeline.version;
  progress.replay_point.plan_version = pipeline.version;
  return progress;
}

Result<TaskProgress> DecodeTaskProgress(const PipelineDefinition& pipeline, TaskId task,
                                        std::string_view bytes) {
  TaskProgress progress;
  if (task.kind == TaskId::Kind::kLane) {
    TM_ASSIGN_OR_RETURN(progress, DecodeLaneProgress(bytes));
  } else {
    TM_ASSIGN_OR_RETURN(progress, DecodeMergeProgress(bytes));
  }
  if (IncarnationOf(progress) != pipeline.incarnation) {
    return Status::DataLoss(StrCat("progress of incarnation ", IncarnationOf(progress).text(),
                                   " in the progress topic of ", pipeline.incarnation.text()));
  }
  return progress;
}

TaskProgress Claim(TaskProgress progress, OwnerEpoch epoch) {
  std::visit([epoch](auto& p) { p.epoch = epoch; }, progress);
  return progress;
}

std::string EncodeTaskProgress(const TaskProgress& progress) {
  return std::visit([](const auto& p) { return EncodeProgress(p); }, progress);
}

OwnerEpoch EpochOf(const TaskProgress& progress) {
  return std::visit([](const auto& p) { return p.epoch; }, progress);
}

}  // namespace tidemark
