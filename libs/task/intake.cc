#include "task/intake.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark {
namespace {

struct Death {
  DeadReason reason;
  std::string_view detail;
};

constexpr Death kFuture{
    DeadReason::kFutureTimestamp,
    "the event time lies further ahead of the record's timestamp than max_future_skew"};

// REQUIRES: a fault.
Death DeathOf(ElementFault fault) {
  switch (fault) {
    case ElementFault::kNone:
      break;
    case ElementFault::kUnframed:
      return {DeadReason::kDecodeFailed,
              "the value is not a well-formed message on the way to its elements"};
    case ElementFault::kBroken:
      return {DeadReason::kDecodeFailed,
              "the value is not a well-formed message on the way to its event time"};
    case ElementFault::kInvalidEventTime:
      return {
          DeadReason::kInvalidEventTime,
          "the event time is absent, zero, negative, before min_event_time or after 9999-12-31"};
    case ElementFault::kBrokenPayload:
      return {DeadReason::kDecodeFailed,
              "the value is malformed on the way to a field that is read"};
    case ElementFault::kNotUtf8:
      return {DeadReason::kDecodeFailed, "a string that is read is not UTF-8"};
  }
  TM_CHECK(false, "an element without fault is not dead");
}

[[gnu::cold, gnu::noinline]] void Bury(const Element& element, std::uint32_t record, Death death,
                                       Findings& findings) {
  findings.dead.push_back({.record = record,
                           .element = element.index,
                           .reason = death.reason,
                           .query = {},
                           .detail = death.detail});
}

[[gnu::cold, gnu::noinline]] void CountDead(std::uint32_t record, std::size_t elements,
                                            SourceCounters& counters, Findings& findings) {
  findings.wholly_dead.push_back(record);
  ++counters.dead_letter;
  const auto parts = std::span(findings.dead).last(elements);
  const bool quarantined = std::any_of(parts.begin(), parts.end(), [](const DeadPart& part) {
    return part.reason == DeadReason::kFutureTimestamp;
  });
  counters.quarantined += quarantined ? 1 : 0;
}

// Judges the elements of one record, those at the front that name it: live ones into `batch`, dead
// ones into `findings`. Returns the rest. `first` is the record that element.record counts from.
// REQUIRES: `batch.judged` has place for their rows.
inline std::span<const Element> JudgeRecord(std::span<const Element> elements, std::uint32_t first,
                                            Judge& judge, SourceCounters& counters,
                                            JudgedBatch& batch, Findings& findings) {
  const std::uint32_t record = first + elements[0].record;
  judge.BeginRecord(batch.records[record].timestamp_ms);
  std::size_t taken = 0;
  std::size_t dead = 0;
  do {
    const Element& element = elements[taken++];
    const bool sound = element.fault == ElementFault::kNone;
    const bool has_time = sound || HasTime(element.fault);
    const bool quarantined = has_time && !judge.Accept(EventTime(element.event_time));
    if (sound) {
      JudgedRow& row = batch.judged[static_cast<std::size_t>(element.row)];
      row.event_time = element.event_time;
      row.watermark = judge.watermark();
      row.record = record;
      row.element = element.index;
    }
    if (sound && !quarantined) {
      batch.live.push_back(static_cast<std::uint32_t>(element.row));
    } else {
      Bury(element, record, quarantined ? kFuture : DeathOf(element.fault), findings);
      ++dead;
    }
  } while (taken < elements.size() && first + elements[taken].record == record);
  judge.EndRecord();
  if (dead == taken) CountDead(record, dead, counters, findings);
  return elements.subspan(taken);
}

// A view of the next group: it may begin in one cache line and end in the next.
inline void Fetch(const RecordView* view) {
  __builtin_prefetch(view);
  __builtin_prefetch(&view->value);
}

}  // namespace

JudgedBatch::JudgedBatch(const DecodeSpec& spec) : rows(spec) {
  live.reserve(kBatchRows);
  judged.resize(kBatchRows);
}

void JudgedBatch::Clear() {
  rows.Clear();
  live.clear();
}

void Findings::Clear() {
  dead.clear();
  late.clear();
  wholly_dead.clear();
}

std::size_t Intake::Fill(std::span<const RecordView> records, SourcePartition& partition,
                         JudgedBatch& batch, Findings& findings) {
  batch.Clear();
  findings.Clear();
  batch.records = records;
  std::size_t taken = 0;
  std::size_t tombstones = 0;
  while (taken < records.size() && !batch.rows.full()) {
    if (!records[taken].value) {
      ++tombstones;
      ++taken;
      continue;
    }
    taken += TakeGroup(records.subspan(taken), static_cast<std::uint32_t>(taken), partition, batch,
                       findings);
  }
  batch.records = records.first(taken);
  SourceCounters& counters = partition.counters;
  counters.records += taken;
  counters.tombstones += tombstones;
  counters.decoded += taken - tombstones - findings.wholly_dead.size();
  counters.events += batch.live.size();
  return taken;
}

std::size_t Intake::TakeGroup(std::span<const RecordView> records, std::uint32_t first,
                              SourcePartition& partition, JudgedBatch& batch, Findings& findings) {
  std::size_t size = 0;
  for (; size < std::min(records.size(), kGroup) && records[size].value; ++size) {
    Fetch(records.data() + size + kGroup);
    values_[size] = *records[size].value;
  }
  const DecodedRecords decoded = decoder_.Decode(std::span(values_).first(size), batch.rows);
  batch.judged.resize(std::max(batch.judged.size(), batch.rows.rows));
  Judge judge = partition.judge;  // a copy that nobody else can change stays in registers
  for (std::span<const Element> rest = decoded.elements; !rest.empty();)
    rest = JudgeRecord(rest, first, judge, partition.counters, batch, findings);
  partition.judge = judge;
  return decoded.taken;
}

}  // namespace tidemark
