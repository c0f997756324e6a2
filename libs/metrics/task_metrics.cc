#include "metrics/task_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace tidemark {
namespace {

// The outcomes that are there from the start; others join them when they come about.
constexpr std::array<std::string_view, 4> kTransactionOutcomes = {"committed", "aborted",
                                                                  "in_doubt", "fenced"};
constexpr auto kLastSourceState = static_cast<int>(SourceState::kHalted);
constexpr auto kLastTaskState = static_cast<int>(TaskState::kHalted);

double Seconds(std::int64_t ms) { return static_cast<double>(ms) / 1'000; }
double Count(std::uint64_t count) { return static_cast<double>(count); }
double Flag(bool set) { return set ? 1 : 0; }

// The largest window end that is final at `combined`.
std::int64_t ClosedThrough(const QueryPlan& query, Watermark combined) {
  const WindowSpec& window = query.window;
  return AlignDown(combined.value() - query.allowed_lateness.count(), window.slide.count(),
                   (window.offset + window.size).count());
}

class TaskMetrics {
 public:
  TaskMetrics(const TaskSnapshot& task, MetricsPage& page)
      : task_(task),
        page_(page),
        pipeline_(task.report.task.pipeline),
        name_(task.report.task.task.ToString()) {}

  void Add() {
    AddState();
    if (task_.context == nullptr) return;
    for (const auto& query : task_.context->plan->queries) AddEvents(query.name, {});
    if (task_.status) std::visit([this](const auto& status) { AddStatus(status); }, *task_.status);
  }

 private:
  void AddState() {
    for (int i = 0; i <= kLastTaskState; ++i) {
      const auto state = static_cast<TaskState>(i);
      page_.Add(Metric::kTaskState, {pipeline_, name_, std::string(TaskStateName(state))},
                Flag(state == task_.report.state));
    }
  }

  void AddStatus(const SourceTaskStatus& status) {
    page_.Add(Metric::kStateBytes, {pipeline_, "table"}, Count(status.table_bytes));
    for (const SourceTaskStatus::Source& source : status.sources) AddSource(source);
  }

  void AddSource(const SourceTaskStatus::Source& source) {
    const TopicPartition& from = task_.context->sources.at(source.ordinal.value());
    const MetricsPage::LabelValues labels = {pipeline_, from.topic,
                                             std::to_string(from.partition.value())};
    page_.Add(Metric::kSourceRecords, labels, Count(source.counters.records));
    page_.Add(Metric::kSourceDeadLetters, labels, Count(source.counters.dead_letter));
    page_.Add(Metric::kSourceLag, labels,
              static_cast<double>(source.high_watermark.value() - source.position.value()));
    if (source.watermark)
      page_.Add(Metric::kSourceWatermark, labels, Seconds(source.watermark->value()));
    for (int i = 0; i <= kLastSourceState; ++i) {
      const auto state = static_cast<SourceState>(i);
      MetricsPage::LabelValues with_state = labels;
      with_state.emplace_back(SourceStateName(state));
      page_.Add(Metric::kSourceState, with_state, Flag(state == source.state));
    }
    for (const QueryCounters& counters : source.counters.queries) {
      if (const auto query = QueryOf(counters.instance)) AddEvents((*query)->name, counters);
    }
  }

  void AddEvents(const std::string& query, const QueryCounters& counters) {
    page_.Add(Metric::kQueryEvents, {pipeline_, query, "aggregated"}, Count(counters.aggregated));
    page_.Add(Metric::kQueryEvents, {pipeline_, query, "filtered"}, Count(counters.filtered));
    page_.Add(Metric::kQueryEvents, {pipeline_, query, "late"}, Count(counters.late));
  }

  void AddStatus(const MergeTaskStatus& status) {
    const std::string partition = std::to_string(task_.report.task.task.index);
    page_.Add(Metric::kWindowsOpen, {pipeline_}, Count(status.open_windows));
    page_.Add(Metric::kCellsOpen, {pipeline_}, Count(status.open_cells));
    page_.Add(Metric::kStateBytes, {pipeline_, "cells"}, Count(status.state_bytes));
    page_.Add(Metric::kFrames, {pipeline_, name_}, Count(status.frames));
    page_.Add(Metric::kFramesDuplicate, {pipeline_, name_}, Count(status.duplicate_frames));
    const bool running = status.phase == MergeTaskStatus::Phase::kRunning;
    page_.Add(Metric::kRestoreProgress, {pipeline_, name_}, running ? 1 : status.replay_ratio);
    if (!status.combined || !running) return;
    for (const auto& query : task_.context->plan->queries) {
      page_.Add(Metric::kQueryClosedThrough, {pipeline_, query.name, partition},
                Seconds(ClosedThrough(query, *status.combined)));
    }
  }

  std::optional<const QueryPlan*> QueryOf(InstanceId instance) const {
    for (const auto& query : task_.context->plan->queries) {
      if (query.instance == instance) return &query;
    }
    return std::nullopt;
  }

  const TaskSnapshot& task_;
  MetricsPage& page_;
  std::string pipeline_;
  std::string name_;  // "lane-3"
};

}  // namespace

void AddTasks(std::span<const TaskSnapshot> tasks, MetricsPage& page) {
  for (const TaskSnapshot& task : tasks) TaskMetrics(task, page).Add();
}

void AddProcess(const ProcessFacts& facts, MetricsPage& page) {
  page.Add(Metric::kBuildInfo, {facts.version}, 1);
  if (facts.memory_budget_bytes > 0)
    page.Add(Metric::kMemory, {"budget"}, Count(facts.memory_budget_bytes));
  if (facts.resident_bytes) page.Add(Metric::kMemory, {"resident"}, Count(*facts.resident_bytes));
  if (facts.fenced) page.Add(Metric::kFenced, {}, Count(*facts.fenced));
  if (facts.transactions) {
    for (const std::string_view outcome : kTransactionOutcomes)
      page.Add(Metric::kTransactions, {std::string(outcome)}, 0);
    for (const auto& [outcome, count] : *facts.transactions)
      page.Add(Metric::kTransactions, {outcome}, Count(count));
  }
  if (facts.commit_duration) page.Add(Metric::kCommitDuration, {}, *facts.commit_duration);
  if (facts.commit_interval)
    page.Add(Metric::kCommitInterval, {}, Seconds(facts.commit_interval->count()));
  if (facts.result_delay) page.Add(Metric::kResultDelay, {}, *facts.result_delay);
}

std::optional<std::uint64_t> ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> all_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tidemark
