// Random frames and progress for property tests.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shuffle/frame.h"

namespace tidemark {

template <class T>
T Any() {
  return *rc::gen::arbitrary<T>();
}

inline std::uint64_t AnyCount() { return *rc::gen::inRange<std::uint64_t>(0, 1ULL << 40U); }

inline std::optional<Watermark> AnyWatermark() {
  if (Any<bool>()) return std::nullopt;
  return Watermark(Any<std::int64_t>());
}

inline Incarnation AnyIncarnation() { return Incarnation::FromBits(Any<std::uint64_t>()); }

// Ascending, distinct.
inline std::vector<std::uint32_t> AnyAscending() {
  auto numbers = Any<std::vector<std::uint32_t>>();
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

inline SourceCounters AnyCounters() {
  SourceCounters counters{.records = AnyCount(),
                          .decoded = AnyCount(),
                          .events = AnyCount(),
                          .dead_letter = AnyCount(),
                          .quarantined = AnyCount(),
                          .partly_dead = AnyCount(),
                          .tombstones = AnyCount(),
                          .lost = AnyCount(),
                          .queries = {}};
  for (const std::uint32_t instance : AnyAscending()) {
    counters.queries.push_back({.instance = InstanceId(instance),
                                .aggregated = AnyCount(),
                                .filtered = AnyCount(),
                                .late = AnyCount(),
                                .partly_late = AnyCount(),
                                .late_while_open = AnyCount()});
  }
  return counters;
}

inline Section AnySection(SourceOrdinal source) {
  const auto from = static_cast<std::int64_t>(AnyCount());
  const auto flags = static_cast<std::uint8_t>(*rc::gen::inRange<int>(0, 16) << 1U);
  return {.source = source,
          .from = Offset(from),
          .to = Offset(from + static_cast<std::int64_t>(AnyCount())),
          .flags = flags,
          .watermark = AnyWatermark(),
          .counters = AnyCounters()};
}

inline FrameHeader AnyFrameHeader() {
  FrameHeader header{.incarnation = AnyIncarnation(),
                     .plan_version = PlanVersion(Any<std::uint64_t>()),
                     .lane = Lane(Any<std::uint32_t>()),
                     .sequence = LaneSequence(Any<std::uint64_t>()),
                     .epoch = OwnerEpoch(Any<std::uint64_t>()),
                     .sections = {}};
  for (const std::uint32_t source : AnyAscending())
    header.sections.push_back(AnySection(SourceOrdinal(source)));
  return header;
}

// The bytes, damaged in one of the ways a disk, a network or a hand damages them.
inline std::string Damaged(std::string bytes) {
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return bytes.substr(0, at);
    case 1:
      bytes[at] = Any<char>();
      return bytes;
    case 2:
      return bytes.insert(at, Any<std::string>());
    default:
      return bytes.erase(at, 1 + bytes.size() / 8);
  }
}

// A copy whose end is the end of its allocation, so that a sanitizer sees any read beyond it.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

}  // namespace tidemark
