// The port to a partitioned, transactional log with Kafka's semantics. Adapters: log_memory,
// log_kafka.
//
// Every call returns by its timeout. kPending says that the operation goes on behind the call: make
// the same call again, or destroy the handle; any other call then answers kConflict. Transactional
// calls are made in steps of 20–50 ms, so that a task keeps its pace.
//
// Offsets: every record has one, and so have control records (the end markers of transactions).
// Positions therefore move past offsets that never yield a record: aborted, compacted and control
// ones.
//
// Threads: a handle belongs to one thread; a Log may be used from any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "model/ids.h"

namespace tidemark {

struct TopicPartition {
  std::string topic;
  Partition partition;
  std::string ToString() const;  // "calls/3"
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// What a call on the log came to. What to do about it:
enum class LogError : std::uint8_t {
  kNone,
  kPending,   // call again
  kConflict,  // a bug of ours: another call is pending, or this one is not allowed now
  kFenced,    // a newer producer owns the transactional id, or the broker timed our transaction out
  kAbortable,     // abort this transaction, rewind to the last commit
  kFatal,         // destroy the producer and initialise a new one
  kRetriable,     // try again after a pause: broker away, leader moving
  kOutOfRange,    // the position is below the log start or beyond the end
  kUnknownTopic,  // no such topic or partition
  kTopicExists,
  kRecordTooLarge,    // record-permanent: no retry can help
  kInvalidTimestamp,  // record-permanent
  kUnauthorized,      // record-permanent
  kInvalid,  // the request itself is refused: a bad name, count or config, a keyless record on a
             // compacted topic
};
std::string_view LogErrorName(LogError error);
// True for errors of a produced record that no retry and no restart can mend.
bool IsRecordPermanent(LogError error);

struct [[nodiscard]] LogStatus {
  LogError error = LogError::kNone;
  std::string message;
  bool ok() const { return error == LogError::kNone; }
};

template <class T>
struct [[nodiscard]] LogResult {
  LogError error = LogError::kNone;
  std::string message;
  std::optional<T> value;  // set iff error == kNone
  bool ok() const { return error == LogError::kNone; }
};

struct HeaderView {
  std::string_view name;
  std::optional<std::string_view> value;
};

// One record as it lies in a fetched batch. Valid as long as the batch.
struct RecordView {
  Offset offset;
  std::int64_t timestamp_ms = kNoTimestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // nullopt: a tombstone
  std::span<const HeaderView> headers;

  static constexpr std::int64_t kNoTimestamp = -1;
};

// Records of one partition in offset order. Destroying it releases its memory and every view into
// it.
class FetchedBatch {
 public:
  virtual ~FetchedBatch() = default;
  virtual std::span<const RecordView> records() const = 0;
  // Where the next fetch continues. Beyond the last record's offset + 1 where control, aborted or
  // compacted offsets follow; greater than the fetch's position even if records() is empty because
  // only such offsets lay there.
  virtual Offset next() const = 0;
};

// A record to produce. Views are copied by Produce.
struct OutgoingRecord {
  std::string_view topic;
  std::optional<Partition>
      partition;  // nullopt: by murmur2 of the key, as Kafka's Java client does
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
};

struct ProducerOptions {
  std::string transactional_id;
  Duration transaction_timeout{10'000};
};

// A transactional producer. After kFenced or kFatal only destruction is left.
class Producer {
 public:
  virtual ~Producer() = default;
  // Fences every earlier producer of the id: its open transaction is aborted, a decided one is
  // completed first.
  virtual LogStatus InitTransactions(Duration timeout) = 0;
  virtual LogStatus Begin() = 0;
  // Buffers the record. A failure of its delivery shows at Commit, as kAbortable or as the
  // record-permanent error; what the adapter can see at once it may answer here. Whatever shows it,
  // only Abort or destruction is left then.
  virtual LogStatus Produce(const OutgoingRecord& record) = 0;
  // Flushes and commits. kRetriable or kFatal here leaves the outcome in doubt: destroy,
  // re-initialise, read progress.
  virtual LogStatus Commit(Duration timeout) = 0;
  virtual LogStatus Abort(Duration timeout) = 0;
  // Number of EndTxn requests sent for the transaction last begun; more than one means: destroy and
  // re-initialise before the next Begin, since the delayed one would end the next transaction
  // (protocol 2.4).
  virtual int end_transaction_requests() const = 0;
};

enum class Isolation : std::uint8_t { kReadCommitted, kReadUncommitted };

struct FetchLimits {
  std::size_t records = 1'000;
  std::size_t bytes = 1U << 20U;
};

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Starts (or moves) reading `partition` at `from`. Partitions are independent: one that is not
  // fetched is held.
  virtual LogStatus Assign(const TopicPartition& partition, Offset from) = 0;
  virtual void Unassign(const TopicPartition& partition) = 0;
  // The next records of an assigned partition. nullptr in `value`: nothing there within the
  // timeout. kOutOfRange if the position lies outside the log; the assignment is then lost.
  virtual LogResult<std::unique_ptr<FetchedBatch>> Fetch(const TopicPartition& partition,
                                                         FetchLimits limits, Duration timeout) = 0;
};

// Ends of a partition, asked freshly at READ_UNCOMMITTED: only such a handle sees the high
// watermark.
struct PartitionEnds {
  Offset log_start;
  Offset last_stable;     // read_committed readers see offsets below it
  Offset high_watermark;  // the next offset to be written
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication_factor = 1;
  std::map<std::string, std::string> configs;
};

struct TopicDescription {
  std::int32_t partitions = 0;
  std::map<std::string, std::string> configs;  // effective values, defaults included
};

struct CommittedOffset {
  Offset offset;
  std::string metadata;
};

class Admin {
 public:
  virtual ~Admin() = default;
  virtual LogStatus CreateTopic(const TopicSpec& spec, Duration timeout) = 0;
  virtual LogStatus DeleteTopic(std::string_view topic, Duration timeout) = 0;
  virtual LogResult<TopicDescription> DescribeTopic(std::string_view topic, Duration timeout) = 0;
  // Drops every record below `before`; the log start moves there.
  virtual LogStatus DeleteRecords(const TopicPartition& partition, Offset before,
                                  Duration timeout) = 0;
  virtual LogResult<PartitionEnds> Ends(const TopicPartition& partition, Duration timeout) = 0;
  // The first offset whose timestamp is >= `time_ms`; the high watermark if there is none.
  virtual LogResult<Offset> OffsetForTime(const TopicPartition& partition, std::int64_t time_ms,
                                          Duration timeout) = 0;
  // For lag tools only; nothing of ours depends on it.
  virtual LogStatus CommitOffsets(std::string_view group,
                                  const std::map<TopicPartition, CommittedOffset>& offsets,
                                  Duration timeout) = 0;
  virtual LogResult<std::map<TopicPartition, CommittedOffset>> CommittedOffsets(
      std::string_view group, Duration timeout) = 0;
};

class Log {
 public:
  virtual ~Log() = default;
  virtual std::unique_ptr<Producer> NewProducer(const ProducerOptions& options) = 0;
  virtual std::unique_ptr<Consumer> NewConsumer(Isolation isolation) = 0;
  virtual std::unique_ptr<Admin> NewAdmin() = 0;
  // Why no broker answers at present, with what to do; "" while one does. Any thread.
  virtual std::string Trouble() const { return ""; }
};

// Kafka's Java client's partition of a key: murmur2 with its seed, sign bit cleared, modulo
// `partitions`.
Partition PartitionOfKey(std::string_view key, std::int32_t partitions);

}  // namespace tidemark
