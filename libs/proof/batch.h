// The whole input computed once, as a batch: what a run must have published.
//
// The rules are those of the contract, stated for one record at a time and without slices, tags,
// frames or merges: a record is accepted into the window that ends at e iff its partition's
// watermark, as it was before the record, is below e + allowed lateness. It is in the ON_TIME row
// iff that watermark is below e.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proof/batch_query.h"
#include "proof/json.h"

namespace tidemark::proof {

struct InputRecord {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;    // of the log; -1: none
  std::optional<std::string> value;  // nullopt: a tombstone
};

// A committed control frame set the partition's watermark: records at `offset` and later are judged
// against it.
struct ControlWatermark {
  std::int64_t offset = 0;
  std::int64_t watermark_ms = 0;
};

struct InputPartition {
  std::string topic;
  std::int32_t partition = 0;
  std::vector<InputRecord> records;       // in offset order
  std::vector<ControlWatermark> control;  // in offset order
};

struct TimeRules {
  std::int64_t max_out_of_orderness_ms = 30'000;
  std::int64_t max_future_skew_ms = 300'000;
  std::int64_t min_event_time_ms = 946'684'800'000;      // 2000-01-01
  std::int64_t max_event_time_ms = 253'402'300'799'999;  // 9999-12-31
};

// One copy in the late or the dead-letter topic. `source` is "topic/partition@offset".
struct SideRecord {
  std::string source;
  std::string reason;
  std::vector<std::string> queries;  // ascending; only for LATE and KEY_TOO_LARGE
  friend auto operator<=>(const SideRecord&, const SideRecord&) = default;
};

struct ExpectedRow {
  std::string key;  // JSON, byte for byte
  std::int64_t revision = 0;
  Fields fields;  // of the value
};

struct QueryBatch {
  std::string name;
  std::string topic;
  std::uint64_t filtered = 0;
  std::uint64_t late = 0;
  std::uint64_t aggregated = 0;
  std::uint64_t partly_late = 0;   // of the aggregated ones
  std::uint64_t open_windows = 0;  // keys of windows not final at the end of the input
  std::vector<ExpectedRow> rows;
};

struct BatchResult {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t dead_letter = 0;
  std::uint64_t tombstones = 0;
  std::optional<std::int64_t> combined_watermark_ms;  // at the end of the input
  std::vector<QueryBatch> queries;
  std::vector<SideRecord> late;
  std::vector<SideRecord> dead_letters;
};

BatchResult ComputeBatch(const std::vector<InputPartition>& input, const TimeRules& rules,
                         const std::vector<BatchQuery>& queries);

}  // namespace tidemark::proof
