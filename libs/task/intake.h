// From fetched records to judged rows: decodes the records of one partition, judges each with the
// partition's time, counts it, and notes what is dead about it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "model/column.h"
#include "query/plan.h"
#include "record/decoder.h"
#include "task/dead_letter.h"
#include "task/source_partition.h"

namespace tidemark {

// Where a row comes from and what it was judged with.
struct JudgedRow {
  std::int64_t event_time = 0;
  std::int64_t watermark = kNoWatermark;  // W_s before the record; kNoWatermark: none
  std::uint32_t record = 0;               // index into the records of the batch
  std::uint32_t element = 0;              // index in its record
};

// Rows of some records of one partition. Views point into the fetched batch.
struct JudgedBatch {
  std::span<const RecordView>
      records;  // whole records; those of the rows and the dead ones between them
  DecodedRows rows;
  Selection live;                 // rows that were not quarantined
  std::vector<JudgedRow> judged;  // by row; there may be more of them

  explicit JudgedBatch(const DecodeSpec& spec);
  void Clear();
};

// What is to be written beside the frames about the records of a batch.
struct Findings {
  std::vector<DeadPart> dead;
  std::vector<LatePart> late;
  std::vector<std::uint32_t> wholly_dead;  // records, ascending

  void Clear();
};

// Thread: owned by one task thread.
class Intake {
 public:
  explicit Intake(const DecodeSpec& spec) : decoder_(spec) {}

  // Clears `batch` and `findings`, takes records from the front of `records` until the batch is
  // full or they are used up, and returns how many it took: at least one if there is one. A record
  // with more elements than a batch has rows still goes into one batch.
  std::size_t Fill(std::span<const RecordView> records, SourcePartition& partition,
                   JudgedBatch& batch, Findings& findings);

 private:
  // Decodes and judges records from the front, at most kGroup and up to the next tombstone; returns
  // how many. `first` is the index of the first in the batch. REQUIRES: it is no tombstone.
  std::size_t TakeGroup(std::span<const RecordView> records, std::uint32_t first,
                        SourcePartition& partition, JudgedBatch& batch, Findings& findings);

  static constexpr std::size_t kGroup = 128;

  Decoder decoder_;
  std::array<std::string_view, kGroup> values_;
};

}  // namespace tidemark
