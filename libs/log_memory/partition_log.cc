#include "log_memory/partition_log.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark {
namespace {

constexpr std::size_t kFirstCapacity = 16;

DumpedRecord Dumped(const RecordView& view) {
  DumpedRecord dumped{.offset = view.offset, .timestamp_ms = view.timestamp_ms};
  dumped.key = view.key;
  dumped.value = view.value;
  for (const HeaderView& header : view.headers) {
    std::optional<std::string> value;
    if (header.value) value = std::string(*header.value);
    dumped.headers.emplace_back(std::string(header.name), std::move(value));
  }
  return dumped;
}

DumpedRecord Dumped(const ControlRecord& control) {
  using State = DumpedRecord::State;
  const bool commits = control.outcome == TransactionOutcome::kCommit;
  return {.offset = control.offset,
          .state = commits ? State::kCommitMarker : State::kAbortMarker,
          .transaction = control.transaction.value(),
          .timestamp_ms = control.timestamp_ms};
}

}  // namespace

Offset PartitionLog::Append(const LogRecord& record, TransactionSerial transaction) {
  const Offset offset = end_;
  Writable(offset).Append(offset, record, transaction);
  if (transaction.value() != 0 && !IsOpen(transaction)) open_.emplace(offset, transaction);
  ++end_;
  return offset;
}

void PartitionLog::EndTransaction(TransactionSerial transaction, TransactionOutcome outcome,
                                  std::int64_t timestamp_ms) {
  const auto open = std::find_if(open_.begin(), open_.end(),
                                 [&](const auto& entry) { return entry.second == transaction; });
  if (open != open_.end()) {
    if (outcome == TransactionOutcome::kAbort) AbortRecords(transaction, open->first);
    open_.erase(open);
  }
  Writable(end_).AppendControl({end_, transaction, outcome, timestamp_ms});
  ++end_;
}

void PartitionLog::AbortRecords(TransactionSerial transaction, Offset from) {
  for (Place place = PlaceOf(from); place.chunk < chunks_.size(); place = {place.chunk + 1, 0}) {
    Chunk& chunk = *chunks_[place.chunk];
    for (std::size_t i = place.index; i < chunk.facts().size(); ++i) {
      if (chunk.facts()[i].transaction == transaction) chunk.MarkAborted(i);
    }
  }
}

Chunk& PartitionLog::Writable(Offset next) {
  if (chunks_.empty()) {
    chunks_.push_back(std::make_shared<Chunk>(next, kFirstCapacity));
  } else if (chunks_.back()->full()) {
    // Few large records fill a chunk by their bytes: room for thousands would be wasted on them.
    const std::size_t twice = 2 * chunks_.back()->views().size();
    const std::size_t capacity = std::clamp(twice, kFirstCapacity, Chunk::kRecordsMax);
    chunks_.push_back(std::make_shared<Chunk>(next, capacity));
  }
  return *chunks_.back();
}

bool PartitionLog::IsOpen(TransactionSerial transaction) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](const auto& entry) { return entry.second == transaction; });
}

PartitionEnds PartitionLog::ends() const {
  const Offset stable = open_.empty() ? end_ : std::max(open_.begin()->first, log_start_);
  return {.log_start = log_start_, .last_stable = stable, .high_watermark = end_};
}

std::uint64_t PartitionLog::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& chunk : chunks_) sum += chunk->bytes();
  return sum;
}

PartitionLog::Place PartitionLog::PlaceOf(Offset offset) const {
  const auto after = std::upper_bound(
      chunks_.begin(), chunks_.end(), offset,
      [](Offset bound, const std::shared_ptr<Chunk>& chunk) { return bound < chunk->base(); });
  if (after == chunks_.begin()) return {0, 0};
  const auto chunk = static_cast<std::size_t>(after - chunks_.begin()) - 1;
  return {chunk, chunks_[chunk]->IndexOf(offset)};
}

LogStatus PartitionLog::DeleteRecords(Offset before) {
  const Offset target = before == Offset(-1) ? end_ : before;
  if (target < Offset(0) || target > end_) {
    return {LogError::kOutOfRange, "offset " + std::to_string(before.value()) +
                                       " lies beyond the high watermark " +
                                       std::to_string(end_.value())};
  }
  log_start_ = std::max(log_start_, target);
  while (chunks_.size() > 1 && chunks_[1]->base() <= log_start_) chunks_.pop_front();
  if (log_start_ == end_) chunks_.clear();
  tombstones_.erase(tombstones_.begin(), tombstones_.lower_bound(log_start_));
  return {};
}

Offset PartitionLog::OffsetForTime(std::int64_t time_ms) const {
  for (const auto& chunk : chunks_) {
    if (chunk->max_timestamp_ms() < time_ms) continue;
    Offset found = end_;
    for (const RecordView& view : chunk->views()) {
      if (view.timestamp_ms >= time_ms && view.offset >= log_start_) {
        found = view.offset;
        break;
      }
    }
    for (const ControlRecord& control : chunk->controls()) {
      if (control.timestamp_ms >= time_ms && control.offset >= log_start_) {
        found = std::min(found, control.offset);
      }
    }
    if (found < end_) return found;
  }
  return end_;
}

DumpedRecord::State PartitionLog::StateOf(const RecordFacts& facts) const {
  using State = DumpedRecord::State;
  if (facts.transaction.value() == 0) return State::kPlain;
  if (facts.aborted) return State::kAborted;
  return IsOpen(facts.transaction) ? State::kOpen : State::kCommitted;
}

std::vector<DumpedRecord> PartitionLog::Dump() const {
  std::vector<DumpedRecord> all;
  for (const auto& chunk : chunks_) {
    for (std::size_t i = 0; i < chunk->views().size(); ++i) {
      DumpedRecord dumped = Dumped(chunk->views()[i]);
      dumped.state = StateOf(chunk->facts()[i]);
      dumped.transaction = chunk->facts()[i].transaction.value();
      all.push_back(std::move(dumped));
    }
    for (const ControlRecord& control : chunk->controls()) all.push_back(Dumped(control));
  }
  std::erase_if(all, [&](const DumpedRecord& dumped) { return dumped.offset < log_start_; });
  std::sort(all.begin(), all.end(),
            [](const DumpedRecord& a, const DumpedRecord& b) { return a.offset < b.offset; });
  return all;
}

PartitionLog::KeyOffsets PartitionLog::LastOfKeys(Offset end) const {
  KeyOffsets last;
  for (const auto& chunk : chunks_) {
    for (std::size_t i = 0; i < chunk->views().size(); ++i) {
      const RecordView& view = chunk->views()[i];
      if (view.offset >= end) return last;
      if (!chunk->facts()[i].aborted && view.key) last[*view.key] = view.offset;
    }
  }
  return last;
}

bool PartitionLog::OutlivedItsRetention(Offset tombstone, MonotonicTime now,
                                        Duration delete_retention) {
  const auto [met, first] = tombstones_.emplace(tombstone, now + delete_retention);
  return !first && met->second <= now;
}

bool PartitionLog::Survives(const RecordView& view, const KeyOffsets& last, MonotonicTime now,
                            Duration delete_retention) {
  if (!view.key) return true;
  const auto found = last.find(*view.key);
  if (found == last.end() || found->second != view.offset) return false;
  return view.value || !OutlivedItsRetention(view.offset, now, delete_retention);
}

void PartitionLog::Rewrite(const RecordView& view, const RecordFacts& facts) {
  Chunk& chunk = Writable(view.offset);
  chunk.Append(view.offset, {view.key, view.value, view.headers, view.timestamp_ms},
               facts.transaction);
  if (facts.aborted) chunk.MarkAborted(chunk.views().size() - 1);
}

void PartitionLog::Compact(MonotonicTime now, Duration delete_retention) {
  const Offset stable = ends().last_stable;
  const KeyOffsets last = LastOfKeys(stable);
  std::deque<std::shared_ptr<Chunk>> old;  // `last` holds views into it
  old.swap(chunks_);
  for (const auto& chunk : old) {
    std::span<const ControlRecord> controls = chunk->controls();
    for (std::size_t i = 0; i < chunk->views().size(); ++i) {
      const RecordView& view = chunk->views()[i];
      const RecordFacts& facts = chunk->facts()[i];
      const bool gone =
          view.offset < log_start_ || facts.aborted || !Survives(view, last, now, delete_retention);
      if (gone && view.offset < stable) continue;
      controls = KeepControls(controls, stable, view.offset);
      Rewrite(view, facts);
    }
    KeepControls(controls, stable, end_);
  }
}

std::span<const ControlRecord> PartitionLog::KeepControls(std::span<const ControlRecord> controls,
                                                          Offset from, Offset before) {
  for (; !controls.empty() && controls.front().offset < before; controls = controls.subspan(1)) {
    const ControlRecord& control = controls.front();
    if (control.offset >= from) Writable(control.offset).AppendControl(control);
  }
  return controls;
}

}  // namespace tidemark
