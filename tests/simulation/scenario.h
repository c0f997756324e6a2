// What one simulated run is: a pipeline, its input and its troubles, all drawn from one seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"

namespace tidemark::simulation {

// One query, in the simulation's own words; times are ms.
struct SimQuery {
  enum class Filter : std::uint8_t { kNone, kLongCalls, kNotFirstAccount };
  std::string name;
  std::int64_t size = 1'000;
  std::int64_t slide = 1'000;  // = size: tumble
  std::int64_t lateness = 0;
  Filter filter = Filter::kNone;
  std::optional<std::string> all_topic;    // sink with `revisions: all`
  std::optional<std::string> final_topic;  // sink with `revisions: final`
};

inline constexpr std::int64_t kLongCallMs = 500;

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<SimQuery> queries;
  std::int64_t out_of_orderness = 300;
  std::int64_t idle_after = 3'600'000;
  std::int64_t future_skew = 5'000;
  bool uses_idle = false;  // some partitions fall silent and get no sentinel
  int source_partitions = 3;
  int lanes = 2;
  int merges = 2;
  int workers = 2;
  int accounts = 5;
  std::int64_t input_ms = 8'000;  // how long input and faults go on

  // Troubles: one in so many log calls, messages and ticks; 0 = never.
  std::uint64_t log_fault_in = 0;
  std::uint64_t message_fault_in = 0;
  std::uint64_t kill_in = 0;
  std::uint64_t pause_in = 0;
  std::uint64_t coordinator_kill_in = 0;
  std::uint64_t move_in = 0;  // a worker is added or drained
  bool has_disks = true;

  static Scenario FromSeed(std::uint64_t seed);
  // The pipeline file.
  std::string Yaml() const;
};

}  // namespace tidemark::simulation
