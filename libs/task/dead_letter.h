// Late and dead-letter records (contract 4): the original key, value and headers, with ours that
// say why.
//
// A record is written at most once to each of the two topics, whatever number of its elements and
// queries it concerns. None carries an explicit timestamp; the original one is in a header. One too
// large for its topic becomes a stub that names it. Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "model/ids.h"
#include "query/plan.h"

namespace tidemark {

enum class DeadReason : std::uint8_t {
  kDecodeFailed,
  kInvalidEventTime,
  kFutureTimestamp,
  kKeyTooLarge
};
std::string_view DeadReasonName(DeadReason reason);

struct SideHeader {
  std::string name;
  std::optional<std::string> value;
  friend bool operator==(const SideHeader&, const SideHeader&) = default;
};

struct SideRecord {
  enum class Kind : std::uint8_t { kLate, kDeadLetter };
  Kind kind = Kind::kLate;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<SideHeader> headers;

  std::size_t bytes() const;
};

// One thing that is dead about a record. `query` is set for KEY_TOO_LARGE.
struct DeadPart {
  std::uint32_t record = 0;   // in its batch
  std::uint32_t element = 0;  // in its record
  DeadReason reason = DeadReason::kDecodeFailed;
  std::optional<std::uint32_t> query;  // index into the plan's queries
  std::string_view detail;             // one sentence; static text
};

// One event that is late for one query.
struct LatePart {
  std::uint32_t record = 0;
  std::uint32_t element = 0;
  std::uint32_t query = 0;
  std::vector<std::int64_t> window_ends;  // those it is too late for
};

// Where a record came from, and how elements are named in it.
struct SideOrigin {
  const TopicPartition* where = nullptr;
  const RecordView* record = nullptr;
};

class SideRecordWriter {
 public:
  // Largest record (key, value and headers) that each topic takes.
  struct TopicLimits {
    std::size_t late = kDefaultLimit;
    std::size_t dead_letter = kDefaultLimit;
  };
  static constexpr std::size_t kDefaultLimit = 1'000'000;

  // `plan` outlives the writer.
  explicit SideRecordWriter(const PipelinePlan& plan) : plan_(plan) {}
  void SetLimits(TopicLimits limits) { limits_ = limits; }

  // REQUIRES: `parts` is not empty and all of one record, ascending by element.
  SideRecord Late(const SideOrigin& origin, std::span<const LatePart> parts) const;
  // The reason is that of the first dead element; KEY_TOO_LARGE only if no element is dead.
  SideRecord DeadLetter(const SideOrigin& origin, std::span<const DeadPart> parts) const;

 private:
  SideRecord Begin(SideRecord::Kind kind, const SideOrigin& origin, std::string_view reason) const;
  void AddElements(const std::vector<std::uint32_t>& elements, SideRecord& record) const;
  SideRecord Bounded(const SideOrigin& origin, SideRecord record) const;
  std::string WindowsText(std::span<const LatePart> parts) const;
  const SideTopicOptions& OptionsOf(SideRecord::Kind kind) const;

  const PipelinePlan& plan_;
  TopicLimits limits_;
};

// "0,3-5" of ascending, distinct numbers.
std::string RangesText(const std::vector<std::uint32_t>& numbers);

}  // namespace tidemark
