// A whole Kafka of one broker in the process: topics, transactions, fencing, timeouts, isolation,
// compaction.
//
// Deterministic: nothing happens but in calls, in their order. Time comes from the clock and acts
// at the first call after it: an open transaction is aborted and its producer fenced when its
// timeout has passed. Fetch never waits. Retention is never applied and compaction never runs by
// itself: DeleteRecords and Compact are calls.
//
// Memory: a partition is a list of chunks; DeleteRecords and Compact give chunks back, fetched
// batches keep theirs.
//
// Threads: any; one mutex. A handle belongs to one thread, as with every adapter. Clients, handles
// and batches may outlive the MemoryLog.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "log_memory/faults.h"

namespace tidemark {

struct MemoryLogOptions {
  // Wall time, ms since the Unix epoch, at the clock's zero: record timestamps are this plus the
  // clock. Default 2026-01-01T00:00:00Z.
  std::int64_t wall_origin_ms = 1'767'225'600'000;
  // Topics with a larger replication factor are refused, as by a cluster of so many brokers.
  std::int16_t brokers = 1;
  // How late a request or marker is that a fault delays by time.
  Duration late_delivery{100};
  // Kafka's transaction.max.timeout.ms: a producer with a larger timeout is refused.
  Duration transaction_timeout_max{900'000};
};

// A record of test input, appended without a transaction.
struct InputRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
  // nullopt: now. RecordView::kNoTimestamp: none, which a CreateTime topic keeps. LogAppendTime
  // overrides it.
  std::optional<std::int64_t> timestamp_ms;
};

// One offset as it lies in a partition, seen from inside the broker.
struct DumpedRecord {
  enum class State : std::uint8_t {
    kPlain,
    kOpen,
    kCommitted,
    kAborted,
    kCommitMarker,
    kAbortMarker
  };
  Offset offset;
  State state = State::kPlain;
  std::uint64_t transaction =
      0;  // a number of its own for each transaction of the broker; 0 = none
  std::int64_t timestamp_ms = RecordView::kNoTimestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

class MemoryLogClient;

class MemoryLog {
 public:
  // `clock` outlives the log, its clients and their handles.
  explicit MemoryLog(const Clock& clock, MemoryLogOptions options = {});
  ~MemoryLog();

  // The connection of one process. `name` is told to fault hooks.
  std::unique_ptr<MemoryLogClient> NewClient(std::string name);

  // A producer outside of transactions, as most upstream ones are.
  LogResult<Offset> Append(const TopicPartition& partition, const InputRecord& record);
  // Keeps the last committed record of each key below the last stable offset of every partition,
  // and drops aborted records; offsets stay. A tombstone goes with the first call that comes
  // delete.retention.ms after the first one that met it. kInvalid unless the topic's cleanup.policy
  // names compact.
  LogStatus Compact(std::string_view topic);

  // Everything from the log start on, in offset order, markers included. Empty for an unknown
  // partition.
  std::vector<DumpedRecord> Dump(const TopicPartition& partition) const;
  std::vector<std::string> Topics() const;
  // Transactional ids whose transaction is open or not completed, in order.
  std::vector<std::string> OpenTransactions() const;
  // EndTxn requests refused because their producer's epoch was old.
  std::uint64_t refused_end_transactions() const;
  // Bytes of the records held in all partitions, about as Kafka would encode them.
  std::uint64_t stored_bytes() const;
  std::int64_t WallMs() const;

 private:
  std::shared_ptr<class Broker> broker_;
};

// What one process sees of the log. Its handles may outlive it.
class MemoryLogClient final : public Log {
 public:
  ~MemoryLogClient() override;
  std::unique_ptr<Producer> NewProducer(const ProducerOptions& options) override;
  std::unique_ptr<Consumer> NewConsumer(Isolation isolation) override;
  std::unique_ptr<Admin> NewAdmin() override;

  // The process is gone: from now on every call of every handle answers kFatal and has no effect.
  // Its open transactions stay open until their timeout or until they are fenced. Any thread.
  void Kill();
  bool killed() const;
  // nullptr: no faults. The hook outlives the calls made with it. Any thread.
  void SetFaults(FaultHook* hook);

 private:
  friend class MemoryLog;
  MemoryLogClient(std::shared_ptr<class Broker> broker, std::string name);
  std::shared_ptr<class Broker> broker_;
  std::shared_ptr<class Connection> connection_;
};

}  // namespace tidemark
