// Kafka's transaction coordinator: who owns each transactional id, and what its transaction has
// come to.
//
// A transaction begins with its first record, not with Begin. Ending it is decided first and then
// written as a marker into every partition it touched; between the two the records are still
// hidden.
//
// Invariants: 1. Only the newest epoch of an id writes or ends. 2. A decided transaction is
// completed as decided, by whoever comes first: a successor, the producer's next record, or time.
// Thread: under the broker's mutex.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strong.h"
#include "log/log.h"
#include "log_memory/chunk.h"
#include "log_memory/partition_log.h"

namespace tidemark {

using ProducerEpoch = Strong<struct ProducerEpochTag, std::int64_t>;

// What the broker knows of one transactional id. Opaque to producers; lives as long as the
// coordinator.
struct TransactionalId {
  enum class Phase : std::uint8_t { kNone, kOngoing, kDecided, kCompleted };
  // An EndTxn request that is still on its way.
  struct Delayed {
    ProducerEpoch epoch;
    TransactionOutcome outcome = TransactionOutcome::kCommit;
    std::optional<MonotonicTime> at;  // arrives at this time,
    int after_records = 0;            // or after so many records of the next transaction
  };

  std::string name;
  ProducerEpoch epoch;
  Duration timeout{};
  Phase phase = Phase::kNone;
  TransactionOutcome outcome = TransactionOutcome::kCommit;  // of kDecided and kCompleted
  TransactionSerial serial;                                  // of the transaction last begun
  MonotonicTime due;  // kOngoing: aborted then; kDecided: completed then
  std::map<TopicPartition, std::weak_ptr<PartitionLog>> touched;
  std::vector<Delayed> delayed;
};

class TransactionCoordinator {
 public:
  // When the markers of a decided transaction are written.
  enum class Markers : std::uint8_t { kNow, kLater };

  // What of its surroundings every call needs.
  struct Now {
    MonotonicTime time;
    std::int64_t wall_ms = 0;
  };

  explicit TransactionCoordinator(Duration late_delivery) : late_delivery_(late_delivery) {}

  // Fences the id's earlier producers and gives the id to the caller, with `id->epoch` as its
  // epoch.
  TransactionalId* Initialise(const std::string& name, Duration timeout, Now now);
  // Adds a partition to the id's transaction, which begins with the first one. kFenced for an old
  // epoch.
  LogResult<TransactionSerial> Touch(TransactionalId& id, ProducerEpoch epoch,
                                     const TopicPartition& name,
                                     const std::shared_ptr<PartitionLog>& partition, Now now);
  // After each record written: lets delayed EndTxn requests arrive.
  void AfterRecord(TransactionalId& id, Now now);
  // An EndTxn request. kFatal where Kafka answers INVALID_TXN_STATE.
  LogStatus End(TransactionalId& id, ProducerEpoch epoch, TransactionOutcome outcome,
                Markers markers, Now now);
  // An EndTxn request that arrives late: after so many records of the next transaction, or by time.
  void DelayEnd(TransactionalId& id, ProducerEpoch epoch, TransactionOutcome outcome,
                int after_records);
  void DelayEndByTime(TransactionalId& id, ProducerEpoch epoch, TransactionOutcome outcome,
                      Now now);
  // Delivers the delayed requests for which the transaction is too short. REQUIRES: called before
  // its own End.
  void DeliverOverdue(TransactionalId& id, Now now);

  // Does everything that was due by `now`, in the order of its times.
  void Tick(Now now);

  std::vector<std::string> Open() const;
  std::uint64_t refused() const { return refused_; }

 private:
  std::optional<MonotonicTime> NextEvent(const TransactionalId& id) const;
  void RunEvent(TransactionalId& id, MonotonicTime due, Now now);
  void Decide(TransactionalId& id, TransactionOutcome outcome, Now now);
  void Complete(TransactionalId& id, Now now);
  void Deliver(TransactionalId& id, std::size_t index, Now now);
  void Reschedule();

  Duration late_delivery_;
  std::map<std::string, TransactionalId> ids_;
  TransactionSerial last_serial_;
  std::uint64_t refused_ = 0;
  std::optional<MonotonicTime> next_event_;
};

}  // namespace tidemark
