// What a coordinator knows of its cluster, as values of metrics.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metrics_page.h"

namespace tidemark {

struct PipelineFacts {
  std::string name;
  std::string state;  // as the admin API calls it: "RUNNING"
  std::uint32_t tasks = 0;
  std::uint32_t tasks_running = 0;
  std::optional<bool> balanced;  // of the last audit; nullopt: none yet
};

// Of one that does not lead: all empty, but for the moves it made while it did.
struct CoordinatorFacts {
  bool leads = false;
  std::map<std::string, std::uint64_t> task_moves;  // by reason; all reasons
  std::map<std::string, std::uint64_t> workers;     // by state
  std::vector<PipelineFacts> pipelines;
};

// All states of workers and pipelines are there from the start, with 0.
void AddCoordinator(const CoordinatorFacts& facts, MetricsPage& page);

}  // namespace tidemark
