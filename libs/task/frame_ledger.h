// The contiguity of frames and the combined watermark of one merge task (protocol 1.6, 2.2, 2.3).
//
// For each lane it knows the last sequence and owner epoch applied, for each source the position
// and watermark told by the last complete frame. A frame is applied once, whole, and in its lane's
// order, or the task stops: a lower sequence is not taken for a duplicate, since a torn transaction
// looks the same and would lose its data.
//
// A frame may come in parts. Its partials are merged part by part, its sections take effect with
// the last one. Parts of different lanes may interleave; while any lane stands between parts there
// is no savepoint.
//
// Invariants: 1. combined() never decreases. 2. A source's position and watermark never decrease.
// Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/time.h"
#include "shuffle/frame.h"
#include "shuffle/progress.h"

namespace tidemark {

struct FrameLedgerSpec {
  Incarnation incarnation;
  PlanVersion plan_version{std::uint64_t{1}};
  std::uint32_t lanes = 1;
  std::uint32_t sources = 0;  // of the source set
};

enum class FrameVerdict : std::uint8_t {
  kApply,
  kDuplicate,  // exactly the last frame of its lane again: drop it
  kHalt,       // neither: applying or dropping it would double or lose data
};

struct FrameDecision {
  FrameVerdict verdict = FrameVerdict::kApply;
  std::string alarm;  // of kHalt: what is wrong, with lane, sequences, epochs and positions
};

class FrameLedger {
 public:
  explicit FrameLedger(const FrameLedgerSpec& spec);

  // Continues from `savepoint`, forgetting everything else. Of each lane's last frame only what a
  // savepoint holds is known then (positions, watermarks), so a duplicate is compared by these.
  // REQUIRES: its sources and lanes are of the spec.
  void Restore(const Savepoint& savepoint);

  // What is to be done with a part. Changes nothing.
  FrameDecision Judge(const FrameHeader& header) const;
  // Takes in a part that Judge let apply. True if it completed its frame.
  bool Apply(const FrameHeader& header);
  // Moves past a record of the shuffle partition: applied or dropped.
  void Pass(Offset offset, std::int64_t append_time_ms);

  // The minimum over all sources of the source set; none until every one has reported a watermark.
  std::optional<Watermark> combined() const { return combined_; }
  // The next offset of the shuffle partition to apply.
  Offset next_frame() const { return next_frame_; }
  bool between_parts() const { return lanes_between_parts_ > 0; }
  // Counters of the source as of its last frame since construction or Restore; nullptr before the
  // first. Valid until the next Apply.
  const Section* LastSection(SourceOrdinal source) const;
  // The savepoint here, but for its counts. REQUIRES: !between_parts().
  Savepoint Snapshot() const;

 private:
  struct Source {
    bool reported = false;
    Offset to;
    std::optional<Watermark> watermark;
    std::optional<Section> last;
  };
  struct LaneState {
    LaneSequence sequence;
    OwnerEpoch epoch;
    std::optional<FrameHeader> open;  // the last part applied, while between parts
  };

  std::optional<std::string> Objection(const FrameHeader& header) const;
  std::optional<std::string> FormatObjection(const FrameHeader& header) const;
  std::optional<std::string> PartObjection(const FrameHeader& header) const;
  std::optional<std::string> SectionObjection(const Section& section) const;
  bool SectionsAreOfTheLane(const FrameHeader& header) const;
  bool IsLastFrameAgain(const FrameHeader& header) const;
  std::string Alarm(const FrameHeader& header, const std::string& objection) const;
  void Complete(const FrameHeader& header);
  void Recompute();

  FrameLedgerSpec spec_;
  std::vector<LaneState> lanes_;
  std::vector<Source> sources_;
  std::optional<Watermark> combined_;
  PlanVersion plan_version_{std::uint64_t{1}};  // of the last frame applied
  Offset next_frame_;
  std::int64_t largest_append_time_ = -1;
  std::uint32_t lanes_between_parts_ = 0;
};

}  // namespace tidemark
