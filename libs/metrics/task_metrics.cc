#include "metrics/task_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace tidemark {
namespace {

constexpr std::array<const char*, kTaskKinds> kKindNames = {"source", "merge"};
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

void AddEvents(const QueryName& name, const EventCounts& events, MetricsPage& page) {
  const auto add = [&](const char* outcome, std::uint64_t count) {
    page.Add(Metric::kQueryEvents, {name.pipeline, name.query, outcome}, Count(count));
  };
  add("aggregated", events.aggregated);
  add("filtered", events.filtered);
  add("late", events.late);
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
    for (const auto& query : task_.context->plan->queries)
      AddEvents({pipeline_, query.name}, {}, page_);
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

  const TaskSnapshot& task_;
  MetricsPage& page_;
  std::string pipeline_;
  std::string name_;  // "lane-3"
};

}  // namespace

void AddTasks(std::span<const TaskSnapshot> tasks, MetricsPage& page) {
  for (const TaskSnapshot& task : tasks) TaskMetrics(task, page).Add();
}

void AddCounts(const TaskCounts& counts, MetricsPage& page) {
  for (std::size_t kind = 0; kind < kTaskKinds; ++kind)
    page.Add(Metric::kCommitDuration, {kKindNames.at(kind)}, counts.commit_duration.at(kind));
  for (std::size_t i = 0; i < kTransactionEnds; ++i) {
    const auto name = TransactionEndName(static_cast<TransactionEnd>(i));
    page.Add(Metric::kTransactions, {std::string(name)}, Count(counts.transactions.at(i)));
  }
  page.Add(Metric::kFenced, {}, Count(counts.fenced));
  page.Add(Metric::kResultDelay, {}, counts.result_delay);
  for (const auto& [name, events] : counts.events) AddEvents(name, events, page);
}

void AddProcess(const ProcessFacts& facts, MetricsPage& page) {
  page.Add(Metric::kBuildInfo, {facts.version}, 1);
  if (facts.memory_budget_bytes > 0)
    page.Add(Metric::kMemory, {"budget"}, Count(facts.memory_budget_bytes));
  if (facts.resident_bytes) page.Add(Metric::kMemory, {"resident"}, Count(*facts.resident_bytes));
  if (facts.commit_interval)
    page.Add(Metric::kCommitInterval, {}, Seconds(facts.commit_interval->count()));
}

std::optional<std::uint64_t> ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> all_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tidemark
