#include "metrics/metric_table.h"

#include <array>

#include "base/check.h"
#include "base/text.h"
#include "task/task_meter.h"

namespace tidemark {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kHistogram = MetricType::kHistogram;

constexpr std::array kMetrics = {
    MetricInfo{Metric::kSourceRecords, "tidemark_source_records_total", kCounter,
               "pipeline topic partition", "worker",
               "Records read and committed since the pipeline began."},
    MetricInfo{Metric::kSourceDeadLetters, "tidemark_source_dead_letter_records_total", kCounter,
               "pipeline topic partition", "worker",
               "Of them: records that went whole to the dead-letter topic."},
    MetricInfo{Metric::kSourceLag, "tidemark_source_lag_records", kGauge,
               "pipeline topic partition", "worker",
               "Offsets between what was read and the partition's end, as last seen."},
    MetricInfo{Metric::kSourceWatermark, "tidemark_source_watermark_timestamp_seconds", kGauge,
               "pipeline topic partition", "worker",
               "Event time up to which the partition is complete; absent before its first record."},
    MetricInfo{Metric::kSourceState, "tidemark_source_state", kGauge,
               "pipeline topic partition state", "worker",
               "1 for the reason why the partition's time stands where it does, 0 for all others."},
    MetricInfo{
        Metric::kQueryEvents, "tidemark_query_events_total", kCounter, "pipeline query outcome",
        "worker",
        "Events that lanes committed since this process began by what became of them: aggregated, "
        "filtered, late. Each event counts once for each query."},
    MetricInfo{Metric::kQueryClosedThrough, "tidemark_query_closed_through_timestamp_seconds",
               kGauge, "pipeline query partition", "worker",
               "End of the last window that is final, for each shuffle partition; the query is "
               "complete up to the smallest."},
    MetricInfo{Metric::kResultDelay, "tidemark_result_delay_seconds", kHistogram, "", "worker",
               "From when a merge took in the frame after which a window could close to the end of "
               "the commit of its last row; one observation for each window that fired with rows, "
               "on time and final apart.",
               kResultDelayBounds},
    MetricInfo{Metric::kWindowsOpen, "tidemark_windows_open", kGauge, "pipeline", "worker",
               "Windows with state that are not final, summed over the shuffle partitions here."},
    MetricInfo{Metric::kCellsOpen, "tidemark_cells_open", kGauge, "pipeline", "worker",
               "States of a key and slice that are kept."},
    MetricInfo{Metric::kStateBytes, "tidemark_state_bytes", kGauge, "pipeline tier", "worker",
               "Bytes of open state: table (lanes, since the last commit), cells (merges)."},
    MetricInfo{Metric::kRestoreProgress, "tidemark_restore_progress_ratio", kGauge, "pipeline task",
               "worker",
               "Of the frames that a merge replays after it was taken over, done; 1: it runs."},
    MetricInfo{Metric::kTaskState, "tidemark_task_state", kGauge, "pipeline task state", "worker",
               "1 for the state of a task assigned here, 0 for all others."},
    MetricInfo{Metric::kFrames, "tidemark_frames_total", kCounter, "pipeline task", "worker",
               "Shuffle frames applied since the task began here."},
    MetricInfo{Metric::kFramesDuplicate, "tidemark_frames_duplicate_total", kCounter,
               "pipeline task", "worker",
               "Exact duplicates among the frames, dropped, since the task began here."},
    MetricInfo{
        Metric::kCommitDuration, "tidemark_commit_duration_seconds", kHistogram, "kind", "worker",
        "From the begin of a transaction of a task to the end of its commit, by kind of task: "
        "source, merge.",
        kCommitDurationBounds},
    MetricInfo{Metric::kCommitInterval, "tidemark_commit_interval_seconds", kGauge, "", "worker",
               "worker.commit_interval: how often a lane commits at most."},
    MetricInfo{
        Metric::kTransactions, "tidemark_transactions_total", kCounter, "outcome", "worker",
        "Transactions of tasks by how they ended: committed; aborted, or left open to be; in_doubt "
        "(the answer to the commit got lost); fenced."},
    MetricInfo{
        Metric::kFenced, "tidemark_fenced_total", kCounter, "", "worker",
        "Times that a task here was shut out: a newer owner has its place, or it stood still "
        "for longer than kafka.transaction_timeout."},
    MetricInfo{Metric::kCoordinatorLeads, "tidemark_coordinator_leads", kGauge, "", "coordinator",
               "1 while this coordinator leads, 0 while it is a spare. What follows, up to the "
               "moves, is told by the one that leads only."},
    MetricInfo{Metric::kWorkers, "tidemark_workers", kGauge, "state", "coordinator",
               "Workers with a session: SERVING, DRAINING towards their end, or CUT_OFF from the "
               "brokers."},
    MetricInfo{Metric::kPipelineState, "tidemark_pipeline_state", kGauge, "pipeline state",
               "coordinator",
               "1 for the state of a pipeline as the admin API has it (STARTING, RUNNING, PAUSING, "
               "PAUSED, DELETING, HALTED), 0 for all others."},
    MetricInfo{Metric::kPipelineTasks, "tidemark_pipeline_tasks", kGauge, "pipeline", "coordinator",
               "Tasks that a pipeline consists of."},
    MetricInfo{Metric::kPipelineTasksRunning, "tidemark_pipeline_tasks_running", kGauge, "pipeline",
               "coordinator",
               "Of them: those that a worker reports as running, restores included."},
    MetricInfo{Metric::kPipelineBalanced, "tidemark_pipeline_balanced", kGauge, "pipeline",
               "coordinator",
               "1 while the ledger balances, 0 if not, by an audit of the committed progress every "
               "30 s; absent before the first."},
    MetricInfo{Metric::kTaskMoves, "tidemark_task_moves_total", kCounter, "reason", "coordinator",
               "Assignments of tasks since this coordinator began, by why: started (it was "
               "nobody's), lost (its worker fell silent, or no broker answers it), left (its "
               "worker was told to end), "
               "replaced (a new process of its worker), failed (its worker gave it up), balance."},
    MetricInfo{Metric::kMemory, "tidemark_memory_bytes", kGauge, "kind", "both",
               "Memory: resident (of the process), budget (worker.memory)."},
    MetricInfo{Metric::kBuildInfo, "tidemark_build_info", kGauge, "version", "both", "1."},
};

std::string_view TypeName(MetricType type) {
  constexpr std::array<std::string_view, 3> kNames = {"counter", "gauge", "histogram"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::string BoundsText(const MetricInfo& info) {
  std::string out;
  for (const double bound : info.bounds) {
    std::string number = std::to_string(bound);
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    out += StrCat(out.empty() ? " Bounds: " : ", ", number);
  }
  return out.empty() ? out : out + ".";
}

}  // namespace

std::span<const MetricInfo> Metrics() { return kMetrics; }

const MetricInfo& InfoOf(Metric metric) {
  const MetricInfo& info = kMetrics.at(static_cast<std::size_t>(metric));
  TM_CHECK(info.metric == metric, "the table of metrics is in the order of their enumeration");
  return info;
}

std::string MetricsDocument() {
  std::string out =
      "# Metrics\n\n"
      "Made from the table of metrics; do not edit.\n\n"
      "Every process answers `GET /metrics` in Prometheus' text format, beside `/healthz` (is it "
      "alive?) and\n"
      "`/readyz` (does it do its work?): workers on `worker.http`, coordinators on "
      "`coordinator.http`. Counters that say\n"
      "\"since the pipeline began\" are part of what is committed, so they are exact and survive "
      "restarts; the series\n"
      "of a partition moves with its task to another worker.\n\n"
      "| name | type | labels | of | meaning |\n|---|---|---|---|---|\n";
  for (const MetricInfo& info : kMetrics) {
    std::string labels(info.labels);
    for (std::size_t at = 0; (at = labels.find(' ', at)) != std::string::npos; at += 2)
      labels.replace(at, 1, ", ");
    out += StrCat("| `", info.name, "` | ", TypeName(info.type), " | ", labels, " | ",
                  info.exported_by, " | ", info.help, BoundsText(info), " |\n");
  }
  return out;
}

}  // namespace tidemark
