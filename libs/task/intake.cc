#include "task/intake.h"

#include <optional>

namespace tidemark {
namespace {

struct Death {
  DeadReason reason;
  std::string_view detail;
};

constexpr Death kUnframed{DeadReason::kDecodeFailed,
                          "the value is not a well-formed message on the way to its elements"};
constexpr Death kFuture{
    DeadReason::kFutureTimestamp,
    "the event time lies further ahead of the record's timestamp than max_future_skew"};

// What is dead about an element but for the future guard.
std::optional<Death> DeathOf(ElementFault fault) {
  switch (fault) {
    case ElementFault::kNone:
      return std::nullopt;
    case ElementFault::kBroken:
      return Death{DeadReason::kDecodeFailed,
                   "the value is not a well-formed message on the way to its event time"};
    case ElementFault::kInvalidEventTime:
      return Death{
          DeadReason::kInvalidEventTime,
          "the event time is absent, zero, negative, before min_event_time or after 9999-12-31"};
    case ElementFault::kBrokenPayload:
      return Death{DeadReason::kDecodeFailed,
                   "the value is malformed on the way to a field that is read"};
    case ElementFault::kNotUtf8:
      return Death{DeadReason::kDecodeFailed, "a string that is read is not UTF-8"};
  }
  return std::nullopt;
}

bool HasTime(ElementFault fault) {
  return fault != ElementFault::kBroken && fault != ElementFault::kInvalidEventTime;
}

// How the elements of one record ended.
struct Outcome {
  std::uint32_t live = 0;
  std::uint32_t dead = 0;
  std::uint32_t quarantined = 0;
};

void Count(const Outcome& outcome, SourceCounters& counters) {
  const bool wholly_dead = outcome.live == 0 && outcome.dead > 0;
  counters.decoded += wholly_dead ? 0 : 1;
  counters.dead_letter += wholly_dead ? 1 : 0;
  counters.quarantined += wholly_dead && outcome.quarantined > 0 ? 1 : 0;
  counters.events += outcome.live;
}

}  // namespace

JudgedBatch::JudgedBatch(const DecodeSpec& spec) : rows(spec) {
  live.reserve(kBatchRows);
  judged.reserve(kBatchRows);
}

void JudgedBatch::Clear() {
  rows.Clear();
  live.clear();
  judged.clear();
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
  while (taken < records.size() && batch.rows.rows < kBatchRows) {
    Take(static_cast<std::uint32_t>(taken), partition, batch, findings);
    ++taken;
  }
  decoder_.Complete(batch.rows);
  batch.records = records.first(taken);
  return taken;
}

void Intake::Take(std::uint32_t index, SourcePartition& partition, JudgedBatch& batch,
                  Findings& findings) {
  const RecordView& record = batch.records[index];
  SourceCounters& counters = partition.counters;
  ++counters.records;
  findings.wholly_dead.push_back(0);
  if (!record.value) {
    ++counters.tombstones;
    return;
  }
  const DecodedRecord decoded = decoder_.Decode(*record.value, batch.rows);
  Judge& judge = partition.judge;
  Outcome outcome;
  const auto bury = [&](std::uint32_t element, const Death& death) {
    ++outcome.dead;
    findings.dead.push_back({.record = index,
                             .element = element,
                             .reason = death.reason,
                             .query = {},
                             .detail = death.detail});
  };
  if (!decoded.framed) bury(0, kUnframed);
  judge.BeginRecord(record.timestamp_ms);
  for (const Element& element : decoded.elements) {
    const bool quarantined = HasTime(element.fault) && !judge.Accept(EventTime(element.event_time));
    if (element.row >= 0) {
      if (!quarantined) batch.live.push_back(static_cast<std::uint32_t>(element.row));
      batch.judged.push_back({.event_time = element.event_time,
                              .watermark = judge.watermark(),
                              .record = index,
                              .element = element.index});
    }
    if (quarantined) {
      ++outcome.quarantined;
      bury(element.index, kFuture);
    } else if (const std::optional<Death> death = DeathOf(element.fault)) {
      bury(element.index, *death);
    } else {
      ++outcome.live;
    }
  }
  judge.EndRecord();
  Count(outcome, counters);
  findings.wholly_dead.back() = outcome.live == 0 && outcome.dead > 0 ? 1 : 0;
}

}  // namespace tidemark
