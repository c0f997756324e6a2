// Compares what a run published with what the batch says it must have published.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proof/batch.h"

namespace tidemark::proof {

// A committed record of a result topic.
struct PublishedRow {
  std::string key;
  std::optional<std::string> value;  // nullopt: a tombstone
};

// Everything committed that is compared. The records of a topic in any order.
struct Published {
  std::map<std::string, std::vector<PublishedRow>> rows;  // by result topic
  std::vector<SideRecord> late;
  std::vector<SideRecord> dead_letters;
};

// One topic's comparison: each of the four last counts must be 0.
struct Comparison {
  std::string what;  // "asr-1m (asr_by_account_country)"
  std::uint64_t expected = 0;
  std::uint64_t found = 0;
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t twice = 0;
  std::uint64_t unequal = 0;
  std::vector<std::string> examples;  // the first few differences, spelled out

  bool IsEqual() const { return missing + extra + twice + unequal == 0; }
};

struct QueryTotals {
  std::string query;
  std::uint64_t events = 0;
  std::uint64_t in_results = 0;
  std::uint64_t filtered = 0;
  std::uint64_t late = 0;
};

struct Report {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t dead_letter = 0;
  std::uint64_t tombstones = 0;
  std::vector<QueryTotals> totals;
  std::vector<Comparison> comparisons;  // result topics, then late, then dead letter

  // Every comparison is equal, and no record or event is unaccounted for.
  bool IsBalanced() const;
  // For people: one line per statement, differences spelled out.
  std::vector<std::string> Sentences() const;
};

Report Compare(const BatchResult& batch, const Published& published);

}  // namespace tidemark::proof
