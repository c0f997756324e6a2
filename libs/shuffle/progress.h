// Progress: the truth of each task, the last record of its partition of the progress topic
// (protocol 3, 11.6).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/ids.h"
#include "model/time.h"
#include "shuffle/frame.h"

namespace tidemark {

inline constexpr std::string_view kProgressKey = "p";

struct SourceProgress {
  SourceOrdinal source;
  Offset position;                        // the next offset to read
  std::optional<Watermark> watermark;     // W_s
  std::optional<EventTime> largest;       // M_s
  bool idle = false;                      // the last committed section was flagged IDLE
  std::optional<std::uint32_t> last_crc;  // CRC32C of key and value of the last record consumed
  Offset last_offset{std::int64_t{-1}};   // of that record
  SourceCounters counters;                // cumulative
  friend bool operator==(const SourceProgress&, const SourceProgress&) = default;
};

struct LaneProgress {
  Incarnation incarnation;
  OwnerEpoch epoch;
  PlanVersion plan_version{std::uint64_t{1}};
  LaneSequence sequence;
  std::vector<SourceProgress> sources;  // ascending, every source of the lane
  friend bool operator==(const LaneProgress&, const LaneProgress&) = default;
};

// Counts of one query instance in one merge task, in events (rows: in records published).
struct InstanceCounts {
  std::uint64_t received = 0;
  std::uint64_t settled = 0;
  std::uint64_t rows = 0;
  friend bool operator==(const InstanceCounts&, const InstanceCounts&) = default;
};

struct SavepointSource {
  SourceOrdinal source;
  Offset to;
  LaneSequence sequence;
  std::optional<Watermark> watermark;
  friend bool operator==(const SavepointSource&, const SavepointSource&) = default;
};

// The state of a merge task between two frames, but for its open cells.
struct Savepoint {
  Offset next_frame;  // the next offset of the shuffle partition to apply
  PlanVersion plan_version{std::uint64_t{1}};
  std::vector<SavepointSource> sources;                // ascending; sources that have reported
  std::map<std::uint32_t, std::uint64_t> lane_epochs;  // lane -> largest owner epoch applied
  std::optional<Watermark> combined;                   // C
  std::int64_t largest_append_time = -1;
  std::map<InstanceId, InstanceCounts> counts;
  friend bool operator==(const Savepoint&, const Savepoint&) = default;
};

// The last tuple published of the trigger order (trigger time, instance, window end, key hash,
// key).
struct ClosingCursor {
  std::int64_t trigger_time = 0;
  InstanceId instance;
  std::int64_t window_end = 0;
  std::uint64_t key_hash = 0;
  std::string key;
  friend auto operator<=>(const ClosingCursor&, const ClosingCursor&) = default;
};

struct MergeProgress {
  Incarnation incarnation;
  OwnerEpoch epoch;
  Savepoint commit_point;
  Savepoint replay_point;
  std::optional<ClosingCursor> cursor;  // set while a closing is cut in the middle
  friend bool operator==(const MergeProgress&, const MergeProgress&) = default;
};

std::string EncodeProgress(const LaneProgress& progress);
std::string EncodeProgress(const MergeProgress& progress);
// A newer version, another kind or malformed bytes are errors that say so.
Result<LaneProgress> DecodeLaneProgress(std::string_view bytes);
Result<MergeProgress> DecodeMergeProgress(std::string_view bytes);
// The owner epoch of either kind: what take-over looks at before it fences.
Result<OwnerEpoch> DecodeProgressEpoch(std::string_view bytes);

}  // namespace tidemark
