#include "worker/status_report.h"

namespace tidemark {

void AddStatus(const TaskStatus& status, TaskReport& report) {
  if (const auto* lane = std::get_if<SourceTaskStatus>(&status)) {
    for (const SourceTaskStatus::Source& source : lane->sources) {
      report.sources.push_back({source.ordinal, std::string(SourceStateName(source.state)),
                                source.position, source.high_watermark, source.watermark});
    }
    return;
  }
  const auto& merge = std::get<MergeTaskStatus>(status);
  const bool runs = merge.phase == MergeTaskStatus::Phase::kRunning;
  report.merge = MergeReport{merge.combined, runs ? 1 : merge.replay_ratio, merge.open_windows,
                             merge.open_cells, merge.state_bytes};
  if (report.reason.empty()) report.reason = merge.checkpoint_trouble;
}

}  // namespace tidemark
