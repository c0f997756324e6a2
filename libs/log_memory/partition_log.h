// One partition of the memory log: records and markers in offset order, and what each isolation
// level sees of them.
//
// Invariants: 1. log_start <= last_stable <= high_watermark. 2. Offsets are never reused. 3.
// last_stable is the first offset of the oldest open transaction, else the high watermark; not
// below the log start. Thread: under the broker's mutex.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log_memory/chunk.h"
#include "log_memory/memory_log.h"

namespace tidemark {

class PartitionLog {
 public:
  Offset Append(const LogRecord& record, TransactionSerial transaction);
  // Writes the marker of `transaction`; if it aborts, hides its records from read_committed.
  void EndTransaction(TransactionSerial transaction, TransactionOutcome outcome,
                      std::int64_t timestamp_ms);

  PartitionEnds ends() const;
  std::uint64_t bytes() const;

  // As Consumer::Fetch. Reads at most one chunk, so it may yield less than the limits allow.
  LogResult<std::unique_ptr<FetchedBatch>> Fetch(Offset from, Isolation isolation,
                                                 FetchLimits limits) const;
  Offset OffsetForTime(std::int64_t time_ms) const;
  // kOutOfRange beyond the high watermark. Offset(-1) means the high watermark, as in Kafka.
  LogStatus DeleteRecords(Offset before);
  // As MemoryLog::Compact.
  void Compact(MonotonicTime now, Duration delete_retention);
  std::vector<DumpedRecord> Dump() const;

 private:
  // A record's place; chunk == chunks_.size() behind the last one.
  struct Place {
    std::size_t chunk = 0;
    std::size_t index = 0;
  };
  Place PlaceOf(Offset offset) const;
  // The first place from `place` on with a record that `isolation` may see at all.
  Place SkipHidden(Place place, Isolation isolation) const;
  // Offset of the record at `place`, at most `limit`.
  Offset OffsetAt(Place place, Offset limit) const;
  std::unique_ptr<FetchedBatch> Take(Place place, Isolation isolation, Offset limit,
                                     FetchLimits limits) const;
  bool IsOpen(TransactionSerial transaction) const;
  DumpedRecord::State StateOf(const RecordFacts& facts) const;
  // The chunk that takes the record or marker at `next`.
  Chunk& Writable(Offset next);
  void AbortRecords(TransactionSerial transaction, Offset from);

  using KeyOffsets = std::unordered_map<std::string_view, Offset>;
  // Of each key, the offset of its last record below `end` that is not aborted.
  KeyOffsets LastOfKeys(Offset end) const;
  bool Survives(const RecordView& view, const KeyOffsets& last, MonotonicTime now,
                Duration delete_retention);
  bool OutlivedItsRetention(Offset tombstone, MonotonicTime now, Duration delete_retention);
  // Writes a record of an old chunk again.
  void Rewrite(const RecordView& view, const RecordFacts& facts);
  // Writes those of [from, before) again and returns the ones at or after `before`.
  std::span<const ControlRecord> KeepControls(std::span<const ControlRecord> controls, Offset from,
                                              Offset before);

  Offset log_start_;
  Offset end_;
  std::deque<std::shared_ptr<Chunk>> chunks_;   // in offset order
  std::map<Offset, TransactionSerial> open_;    // by first offset
  std::map<Offset, MonotonicTime> tombstones_;  // met by a compaction, with the time they may go
};

}  // namespace tidemark
