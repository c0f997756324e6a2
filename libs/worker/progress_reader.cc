#include "worker/progress_reader.h"

#include <utility>

#include "worker/task_progress.h"

namespace tidemark {

ProgressReader::ProgressReader(Log* log, SharedEnds* ends, Duration interval)
    : consumer_(log->NewConsumer(Isolation::kReadCommitted)), ends_(ends), interval_(interval) {}

ProgressReader::~ProgressReader() = default;

const ProgressBoard* ProgressReader::Open(const PipelineNames& names,
                                          std::shared_ptr<const PipelineDefinition> pipeline) {
  auto& slot = pipelines_[{pipeline->name, pipeline->incarnation}];
  if (slot) return &slot->board;
  slot = std::make_unique<Pipeline>();
  slot->definition = std::move(pipeline);
  for (const TaskId task : slot->definition->Tasks()) {
    const TopicPartition partition{names.ProgressTopic(),
                                   PipelineNames::ProgressPartition(task, slot->definition->lanes)};
    slot->entries.push_back(
        {task, std::make_unique<ProgressTail>(partition, consumer_.get(), ends_), false});
  }
  return &slot->board;
}

void ProgressReader::Drop(const std::string& pipeline, const Incarnation& incarnation) {
  pipelines_.erase({pipeline, incarnation});
}

void ProgressReader::Step(MonotonicTime now) {
  if (now < next_read_) return;
  next_read_ = now + interval_;
  for (auto& [name, pipeline] : pipelines_) {
    for (Entry& entry : pipeline->entries) ReadEntry(*pipeline, entry);
  }
}

void ProgressReader::ReadEntry(Pipeline& pipeline, Entry& entry) {
  const auto read = entry.caught_up ? entry.tail->ReadOn() : entry.tail->ReadToLastStable();
  if (read.ok()) {
    const bool first = !entry.caught_up && *read.value;
    entry.caught_up = entry.caught_up || first;
    if (entry.caught_up && *read.value) Post(pipeline, entry);
    return;
  }
  if (read.error == LogError::kPending || read.error == LogError::kRetriable) return;
  const TopicPartition partition = entry.tail->partition();
  entry.tail.reset();
  entry.tail = std::make_unique<ProgressTail>(partition, consumer_.get(), ends_);
  entry.caught_up = false;
}

void ProgressReader::Post(Pipeline& pipeline, const Entry& entry) {
  if (!entry.tail->newest()) return;
  auto progress = DecodeTaskProgress(*pipeline.definition, entry.task, *entry.tail->newest());
  if (!progress.ok()) return;
  if (entry.task.kind == TaskId::Kind::kLane) {
    pipeline.board.lanes[Lane(entry.task.index)] =
        std::get<LaneProgress>(std::move(progress).value());
  } else {
    pipeline.board.merges[ShufflePartition(entry.task.index)] =
        std::get<MergeProgress>(std::move(progress).value());
  }
}

}  // namespace tidemark
