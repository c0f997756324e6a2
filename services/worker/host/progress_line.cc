#include "host/progress_line.h"

#include <algorithm>
#include <variant>

#include "base/log_line.h"
#include "base/text.h"
#include "model/time.h"

namespace tidemark {

void ProgressLine::Add(const SourceTaskStatus& lane, Pipeline& pipeline) {
  for (const SourceTaskStatus::Source& source : lane.sources) {
    pipeline.lag += source.high_watermark.value() - source.position.value();
    pipeline.unreported |= !source.watermark;
    if (source.watermark) {
      pipeline.watermark =
          pipeline.watermark ? std::min(*pipeline.watermark, *source.watermark) : *source.watermark;
    }
    if (source.state != SourceState::kLive) ++pipeline.standing[source.state];
  }
}

void ProgressLine::Add(const MergeTaskStatus& merge, Pipeline& pipeline) {
  pipeline.windows = std::max(pipeline.windows, merge.open_windows);
  pipeline.cells += merge.open_cells;
  if (merge.phase == MergeTaskStatus::Phase::kReplaying) ++pipeline.restoring;
  for (const auto& [instance, counts] : merge.counts) pipeline.rows += counts.rows;
}

void ProgressLine::Step(const Worker& worker, MonotonicTime now) {
  if (!printed_) printed_ = now;
  const Duration passed = now - *printed_;
  if (passed < kInterval) return;
  printed_ = now;
  std::map<std::string, Pipeline> pipelines;
  std::map<TaskAddress, std::uint64_t> seen;
  for (const auto& [task, status] : worker.Statuses()) {
    Pipeline& pipeline = pipelines[task.pipeline];
    ++pipeline.tasks;
    if (const auto* lane = std::get_if<SourceTaskStatus>(&status)) {
      Add(*lane, pipeline);
      const std::uint64_t before = events_seen_[task];
      pipeline.events += lane->events >= before ? lane->events - before : lane->events;
      seen[task] = lane->events;
    } else {
      Add(std::get<MergeTaskStatus>(status), pipeline);
    }
  }
  events_seen_ = std::move(seen);
  for (const auto& [name, pipeline] : pipelines) Print(name, pipeline, passed);
}

void ProgressLine::Print(const std::string& name, const Pipeline& pipeline, Duration passed) {
  const auto rate = pipeline.events * 1'000 / static_cast<std::uint64_t>(passed.count());
  const bool known = pipeline.watermark && !pipeline.unreported;
  std::string line =
      StrCat(name, ": ", rate, " events/s, lag ", pipeline.lag, " records, watermark ",
             known ? FormatTime(pipeline.watermark->value()) : "none yet");
  for (const auto& [state, partitions] : pipeline.standing) {
    line += StrCat(", ", partitions, " partitions ", SourceStateName(state));
  }
  line += StrCat(", ", pipeline.windows, " open windows, ", pipeline.cells, " cells, ",
                 pipeline.rows, " rows, ", pipeline.tasks, " tasks");
  if (pipeline.restoring > 0) line += StrCat(", ", pipeline.restoring, " restoring");
  LogInfo(line);
}

}  // namespace tidemark
