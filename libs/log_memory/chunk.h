// A stretch of one partition's records in memory that never moves once written.
//
// RecordViews are built when a record is appended, so a fetch hands out a span of them and copies
// nothing. A batch shares ownership of its chunk: its views stay valid whatever the log deletes or
// compacts.
//
// Thread: appends under the broker's mutex; records once appended may be read by any thread without
// it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace tidemark {

// A record to store.
struct LogRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
  std::int64_t timestamp_ms = RecordView::kNoTimestamp;
};
// Bytes of Kafka's record batch (format 2, uncompressed) that holds just this record: what
// max.message.bytes limits.
std::size_t EncodedSize(const LogRecord& record);

// Number of a transaction within its broker, from 1. 0 = written outside of transactions.
using TransactionSerial = Strong<struct TransactionSerialTag, std::uint64_t>;
enum class TransactionOutcome : std::uint8_t { kCommit, kAbort };

// What the log knows of a record beside its view.
struct RecordFacts {
  TransactionSerial transaction;
  std::uint64_t bytes_end = 0;  // bytes of the chunk's records up to and including this one
  bool aborted = false;
};

struct ControlRecord {
  Offset offset;
  TransactionSerial transaction;
  TransactionOutcome outcome = TransactionOutcome::kCommit;
  std::int64_t timestamp_ms = RecordView::kNoTimestamp;
};

class Chunk {
 public:
  static constexpr std::size_t kRecordsMax = 4'096;
  static constexpr std::uint64_t kBytesMax = 1U << 20U;

  // `base` is the first offset that lies in it.
  Chunk(Offset base, std::size_t capacity);
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  Offset base() const { return base_; }
  std::uint64_t bytes() const { return facts_.empty() ? 0 : facts_.back().bytes_end; }
  bool full() const {
    return views_.size() == capacity_ || controls_.size() >= kRecordsMax || bytes() >= kBytesMax;
  }
  std::size_t aborted() const { return aborted_; }
  std::int64_t max_timestamp_ms() const { return max_timestamp_ms_; }
  std::span<const RecordView> views() const { return views_; }
  std::span<const RecordFacts> facts() const { return facts_; }
  std::span<const ControlRecord> controls() const { return controls_; }

  // Index of the first record at or after `offset`; views().size() if there is none.
  std::size_t IndexOf(Offset offset) const;
  // One past the last record of [first, end) that keeps the sum of their bytes within `bytes`; at
  // least first + 1.
  std::size_t EndWithin(std::size_t first, std::size_t end, std::size_t bytes) const;

  // REQUIRES: !full(), and `offset` is above all others here.
  void Append(Offset offset, const LogRecord& record, TransactionSerial transaction);
  void AppendControl(const ControlRecord& control);
  void MarkAborted(std::size_t index);

 private:
  std::string_view Store(std::string_view bytes);
  std::span<const HeaderView> Store(std::span<const HeaderView> headers);

  Offset base_;
  std::size_t capacity_;
  std::size_t aborted_ = 0;
  std::int64_t max_timestamp_ms_ = RecordView::kNoTimestamp;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<RecordView> views_;  // reserved: never reallocates
  std::vector<RecordFacts> facts_;
  std::vector<ControlRecord> controls_;
};

}  // namespace tidemark
