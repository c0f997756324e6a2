// Frames: what a lane's commit says to one shuffle partition (protocol 2.2, 11.4;
// docs/formats/frame.md).
//
// Sections tell how far each source partition of the lane was read, its watermark and its ledger
// counters; blocks carry packed partials. A frame above kMaxFrameBytes is split into parts; every
// part repeats the sections, which take effect with the last one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "model/ids.h"
#include "model/time.h"

namespace tidemark {

inline constexpr std::size_t kMaxFrameBytes = 900 * 1024;
inline constexpr std::uint8_t kFrameVersion = 1;

// Counters of one query instance over one source partition, since the instance began.
// events of the partition = aggregated + filtered + late, once the instance sees all of them.
struct QueryCounters {
  InstanceId instance;
  std::uint64_t aggregated = 0;
  std::uint64_t filtered = 0;  // by WHERE, BEFORE_START or key size
  std::uint64_t late = 0;
  std::uint64_t partly_late = 0;  // among the aggregated ones
  std::uint64_t late_while_open = 0;
  friend bool operator==(const QueryCounters&, const QueryCounters&) = default;
};

// Counters of one source partition, since the pipeline began: records = decoded + dead_letter +
// tombstones.
struct SourceCounters {
  std::uint64_t records = 0;
  std::uint64_t decoded =
      0;  // with at least one live element, or an unnested record without any element
  std::uint64_t events = 0;       // live elements of decoded records
  std::uint64_t dead_letter = 0;  // wholly dead records, quarantined ones included
  std::uint64_t quarantined = 0;  // of them: FUTURE_TIMESTAMP
  std::uint64_t partly_dead =
      0;  // decoded records with some dead element, or with a key too large for a query
  std::uint64_t tombstones = 0;
  std::uint64_t lost = 0;              // offsets skipped by a SKIP frame
  std::vector<QueryCounters> queries;  // ascending by instance
  friend bool operator==(const SourceCounters&, const SourceCounters&) = default;
};

enum SectionFlag : std::uint8_t {
  kSectionNoWatermark = 1,
  kSectionIdle = 2,
  kSectionJoin = 4,
  kSectionStart = 8,
  kSectionSkip = 16,
};

struct Section {
  SourceOrdinal source;
  Offset from;  // [from, to)
  Offset to;
  std::uint8_t flags = 0;  // kSectionNoWatermark is derived from `watermark`: ignored in writing,
                           // never set by reading
  std::optional<Watermark> watermark;
  SourceCounters counters;  // cumulative
  friend bool operator==(const Section&, const Section&) = default;
};

struct FrameHeader {
  Incarnation incarnation;
  PlanVersion plan_version{std::uint64_t{1}};
  Lane lane;
  LaneSequence sequence;
  OwnerEpoch epoch;
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
  std::vector<Section> sections;  // one per source partition of the lane, ascending; in every part
};

enum class BlockKind : std::uint8_t { kStates = 1, kRows = 2 };

struct BlockHeader {
  InstanceId instance;
  std::int64_t slice_end = 0;  // ms
  std::int64_t tag = 0;        // 0 = on time
  std::uint64_t cells = 0;
  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

// Writes the parts of one frame for one shuffle partition. Cells are appended block by block; a
// part that would pass kMaxFrameBytes is closed between two cells. A single cell larger than the
// limit gets a part of its own.
class FrameWriter {
 public:
  explicit FrameWriter(FrameHeader header);
  // Begins a block; cells of one (instance, slice, tag) should come together.
  void BeginBlock(InstanceId instance, std::int64_t slice_end, std::int64_t tag);
  // Appends one cell. `states` is the concatenation of the instance's encoded states, event count
  // first.
  void AddCell(std::string_view key, std::string_view states);
  // The encoded parts, at least one (a frame may be empty but for its sections). The writer is then
  // empty.
  std::vector<std::string> Finish();

 private:
  // The blocks of one part.
  struct Blocks {
    std::uint64_t count = 0;
    std::string bytes;
  };
  void ClosePart();
  void CloseBlock();
  bool Fits(std::size_t cell_bytes) const;
  std::string EncodePart(std::size_t part) const;

  FrameHeader header_;
  std::string sections_;  // encoded
  std::optional<BlockHeader> block_;
  std::string cells_;          // of the open block
  Blocks open_;                // part
  std::vector<Blocks> parts_;  // closed ones
};

// Reads one part. Never reads past its bytes; a malformed part is an error that names what is
// wrong.
class FrameReader {
 public:
  // `bytes` must outlive the reader. A newer format version is an error that says so.
  static Result<FrameReader> Open(std::string_view bytes);
  const FrameHeader& header() const { return header_; }
  // The next block's header, nullopt at the end. It has at least one cell. REQUIRES: every cell of
  // the block before was taken. A block or a cell that does not fit its bytes, also one taken
  // before, is an error.
  Result<std::optional<BlockHeader>> NextBlock();
  // The key of the next cell of the block. The caller then takes the states from states(), which
  // must leave the reader exactly behind them; a malformed key leaves states() failed. REQUIRES:
  // the block has a cell left.
  std::string_view NextKey();
  ByteReader& states() { return in_; }

 private:
  explicit FrameReader(std::string_view bytes) : in_(bytes) {}

  ByteReader in_;
  FrameHeader header_;
  std::uint64_t blocks_left_ = 0;
  std::uint64_t cells_left_ = 0;  // of the open block
};

}  // namespace tidemark
