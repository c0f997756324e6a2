#include "log_memory/chunk.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace tidemark {
namespace {

constexpr std::size_t kBatchHeader = 61;
constexpr std::size_t kArenaFirst = 512;

std::size_t ZigzagSize(std::int64_t value) {
  const auto bits =
      static_cast<std::uint64_t>(value << 1) ^ static_cast<std::uint64_t>(value >> 63);
  return static_cast<std::size_t>((std::bit_width(bits | 1U) + 6) / 7);
}

std::size_t FieldSize(const std::optional<std::string_view>& field) {
  return field ? ZigzagSize(static_cast<std::int64_t>(field->size())) + field->size() : 1;
}

}  // namespace

std::size_t EncodedSize(const LogRecord& record) {
  constexpr std::size_t kAttributesAndDeltas = 3;
  std::size_t body = kAttributesAndDeltas + FieldSize(record.key) + FieldSize(record.value) +
                     ZigzagSize(static_cast<std::int64_t>(record.headers.size()));
  for (const HeaderView& header : record.headers) {
    body += FieldSize(header.name) + FieldSize(header.value);
  }
  return kBatchHeader + ZigzagSize(static_cast<std::int64_t>(body)) + body;
}

Chunk::Chunk(Offset base, std::size_t capacity)
    : base_(base), capacity_(capacity), arena_(kArenaFirst) {
  TM_CHECK(capacity > 0 && capacity <= kRecordsMax, "a chunk holds 1 to kRecordsMax records");
  views_.reserve(capacity);
  facts_.reserve(capacity);
}

std::size_t Chunk::IndexOf(Offset offset) const {
  if (views_.empty() || views_.back().offset < offset) return views_.size();
  // Without gaps a record lies as far behind the first one as its offset does.
  const auto guess = static_cast<std::size_t>(offset.value() - views_.front().offset.value());
  if (guess < views_.size() && views_[guess].offset == offset) return guess;
  const auto below = [](const RecordView& view, Offset bound) { return view.offset < bound; };
  return static_cast<std::size_t>(std::lower_bound(views_.begin(), views_.end(), offset, below) -
                                  views_.begin());
}

std::size_t Chunk::EndWithin(std::size_t first, std::size_t end, std::size_t bytes) const {
  const std::uint64_t before = first == 0 ? 0 : facts_[first - 1].bytes_end;
  if (facts_[end - 1].bytes_end - before <= bytes) return end;
  const auto within = [&](const RecordFacts& facts) { return facts.bytes_end - before <= bytes; };
  const auto begin = facts_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto stop = facts_.begin() + static_cast<std::ptrdiff_t>(end);
  const auto found = std::partition_point(begin, stop, within);
  return std::max(first + 1, static_cast<std::size_t>(found - facts_.begin()));
}

void Chunk::Append(Offset offset, const LogRecord& record, TransactionSerial transaction) {
  TM_CHECK(!full(), "the caller opens a new chunk when one is full");
  RecordView view{.offset = offset, .timestamp_ms = record.timestamp_ms};
  if (record.key) view.key = Store(*record.key);
  if (record.value) view.value = Store(*record.value);
  view.headers = Store(record.headers);
  facts_.push_back({.transaction = transaction, .bytes_end = bytes() + EncodedSize(record)});
  views_.push_back(view);
  max_timestamp_ms_ = std::max(max_timestamp_ms_, record.timestamp_ms);
}

void Chunk::AppendControl(const ControlRecord& control) {
  controls_.push_back(control);
  max_timestamp_ms_ = std::max(max_timestamp_ms_, control.timestamp_ms);
}

void Chunk::MarkAborted(std::size_t index) {
  TM_CHECK(!facts_[index].aborted, "a transaction is aborted once");
  facts_[index].aborted = true;
  ++aborted_;
}

std::string_view Chunk::Store(std::string_view bytes) {
  if (bytes.empty()) return {"", 0};
  auto* copy = static_cast<char*>(arena_.allocate(bytes.size(), 1));
  std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, bytes.size()};
}

std::span<const HeaderView> Chunk::Store(std::span<const HeaderView> headers) {
  if (headers.empty()) return {};
  auto* copies = static_cast<HeaderView*>(
      arena_.allocate(headers.size() * sizeof(HeaderView), alignof(HeaderView)));
  for (std::size_t i = 0; i < headers.size(); ++i) {
    HeaderView copy{.name = Store(headers[i].name), .value = std::nullopt};
    if (headers[i].value) copy.value = Store(*headers[i].value);
    std::construct_at(copies + i, copy);
  }
  return {copies, headers.size()};
}

}  // namespace tidemark
