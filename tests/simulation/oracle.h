// What the output must be, computed from the whole input at once, record by record, in plain maps.
//
// It shares no code with the engine: its rules of time are those of the protocol, written down a
// second time. It is told the committed IDLE advances, since these are part of what results depend
// on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulation/scenario.h"

namespace tidemark::simulation {

struct SimRecord {
  enum class Kind : std::uint8_t { kGood, kGarbage, kNoEventTime, kTombstone };
  Kind kind = Kind::kGood;
  std::int64_t offset = 0;
  std::int64_t event_time = 0;  // ms since the Unix epoch
  std::int64_t timestamp = 0;   // of the record
  int account = 0;
  std::int64_t duration = 0;
};

// From a committed frame: at position `to` the partition's watermark was advanced to `watermark`.
struct IdleAdvance {
  std::int64_t to = 0;
  std::int64_t watermark = 0;
};

struct SimInput {
  std::vector<std::vector<SimRecord>> partitions;       // in offset order
  std::vector<std::vector<IdleAdvance>> idle_advances;  // in frame order
};

// Everything that a run publishes, as comparable text. Equal runs have equal outputs.
struct Output {
  // topic | window start | window end | account | finality | revision -> each value published under
  // it
  std::map<std::string, std::vector<std::string>> rows;
  std::map<std::string, std::vector<std::string>> late;  // topic/partition@offset -> queries
  std::map<std::string, std::vector<std::string>> dead;  // topic/partition@offset -> reason
  // query | topic | partition -> events, aggregated, filtered, late
  std::map<std::string, std::string> ledger;
  std::map<std::string, std::uint64_t> received;  // query -> events received by all merges
};

Output ExpectedOutput(const Scenario& scenario, const SimInput& input);

struct Difference {
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t twice = 0;
  std::uint64_t unequal = 0;
  std::string first;  // the first ones, for people
  bool none() const { return missing + extra + twice + unequal == 0; }
};
Difference Compare(const Output& expected, const Output& actual);

// 2026-01-01T00:00:00.250Z
std::string TimeText(std::int64_t ms);

}  // namespace tidemark::simulation
