// What the tasks of a process are like, and the process itself, as values of metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "metrics/metrics_page.h"
#include "session/session.h"
#include "task/merge_task.h"
#include "task/source_task.h"

namespace tidemark {

// A task that is assigned here.
struct TaskSnapshot {
  TaskReport report;
  // While it runs.
  std::optional<std::variant<SourceTaskStatus, MergeTaskStatus>> status;
  // nullptr: the pipeline's plan does not load; then only its state is told.
  std::shared_ptr<const TaskContext> context;  // immutable
};

// Of each task its state; of those that run everything they say. All outcomes of a query and all
// states are there from the start, with 0.
void AddTasks(std::span<const TaskSnapshot> tasks, MetricsPage& page);

// Of a worker, what its tasks measured. All kinds and outcomes are there from the start, with 0.
void AddCounts(const TaskCounts& counts, MetricsPage& page);

// What is absent is left out of the page.
struct ProcessFacts {
  std::string version;
  std::uint64_t memory_budget_bytes = 0;  // 0: it has none
  std::optional<std::uint64_t> resident_bytes;
  std::optional<Duration> commit_interval;
};
void AddProcess(const ProcessFacts& facts, MetricsPage& page);

// Resident memory of this process; nullopt where /proc does not tell.
std::optional<std::uint64_t> ResidentBytes();

}  // namespace tidemark
