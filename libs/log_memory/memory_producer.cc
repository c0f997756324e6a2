#include "log_memory/memory_producer.h"

#include <utility>

namespace tidemark {
namespace {

LogStatus StatusOf(LogResult<TransactionSerial> result) {
  return {result.error, std::move(result.message)};
}

}  // namespace

MemoryProducer::MemoryProducer(std::shared_ptr<Broker> broker,
                               std::shared_ptr<Connection> connection, ProducerOptions options)
    : broker_(broker),
      gate_(std::move(broker), std::move(connection)),
      options_(std::move(options)) {
  gate_.set_transactional_id(options_.transactional_id);
}

LogStatus MemoryProducer::Require(Phase wanted) const {
  if (phase_ == wanted) return {};
  if (phase_ == Phase::kDead) return death_;
  return {LogError::kConflict, "this call is not allowed in the producer's present state"};
}

LogStatus MemoryProducer::Settle(LogStatus answer) {
  if (answer.error == LogError::kFenced || answer.error == LogError::kFatal) {
    if (phase_ != Phase::kDead) death_ = answer;
    phase_ = Phase::kDead;
  }
  return answer;
}

LogStatus MemoryProducer::InitTransactions(Duration /*timeout*/) {
  return Settle(gate_.Run<LogStatus>(LogCallKind::kInitTransactions,
                                     [&](Broker& broker, Fault) { return Initialise(broker); }));
}

LogStatus MemoryProducer::Initialise(Broker& broker) {
  if (auto status = Require(Phase::kNew); !status.ok()) return status;
  if (options_.transactional_id.empty()) {
    return {LogError::kFatal, "a transactional producer has a transactional id"};
  }
  const Duration timeout = options_.transaction_timeout;
  if (timeout <= Duration(0) || timeout > broker.options().transaction_timeout_max) {
    return {LogError::kFatal, "the transaction timeout is not one the broker takes"};
  }
  id_ = broker.transactions().Initialise(options_.transactional_id, timeout, broker.Now());
  epoch_ = id_->epoch;
  phase_ = Phase::kReady;
  return {};
}

LogStatus MemoryProducer::Begin() {
  return Settle(gate_.Run<LogStatus>(LogCallKind::kBegin, [&](Broker&, Fault) {
    if (auto status = Require(Phase::kReady); !status.ok()) return status;
    phase_ = Phase::kInTransaction;
    delivery_ = {};
    registered_ = false;
    requests_ = 0;
    return LogStatus();
  }));
}

LogStatus MemoryProducer::Produce(const OutgoingRecord& record) {
  return Settle(gate_.Run<LogStatus>(LogCallKind::kProduce, [&](Broker& broker, Fault fault) {
    if (auto status = Require(Phase::kInTransaction); !status.ok()) return status;
    if (fault.kind == FaultKind::kAbortable && delivery_.ok()) {
      delivery_ = {LogError::kAbortable, "injected: a record was not delivered"};
    }
    OutgoingRecord arriving = record;
    std::optional<std::string> damaged;
    if (record.value) damaged = gate_.connection().Rewrite(record.topic, *record.value);
    if (damaged) arriving.value = *damaged;
    Deliver(broker, arriving);
    return LogStatus();
  }));
}

void MemoryProducer::Deliver(Broker& broker, const OutgoingRecord& record) {
  if (!delivery_.ok()) return;
  delivery_ = Store(broker, record);
  if (delivery_.ok()) broker.transactions().AfterRecord(*id_, broker.Now());
}

LogStatus MemoryProducer::Store(Broker& broker, const OutgoingRecord& record) {
  const Topic* topic = broker.FindTopic(record.topic);
  if (topic == nullptr) return UnknownTopic(record.topic);
  const TopicPartition name{std::string(record.topic), Choose(record, topic->partitions())};
  const auto* partition = topic->Find(name.partition);
  if (partition == nullptr) return UnknownPartition(name);
  const TransactionCoordinator::Now now = broker.Now();
  const auto serial = broker.transactions().Touch(*id_, epoch_, name, *partition, now);
  if (!serial.ok()) return StatusOf(serial);
  registered_ = true;
  LogRecord stored{record.key, record.value, record.headers, now.wall_ms};
  if (auto status = topic->Admit(stored, now.wall_ms); !status.ok()) return status;
  (*partition)->Append(stored, *serial.value);
  return {};
}

Partition MemoryProducer::Choose(const OutgoingRecord& record, std::int32_t partitions) {
  if (record.partition) return *record.partition;
  if (record.key) return PartitionOfKey(*record.key, partitions);
  return Partition(keyless_++ % partitions);
}

LogStatus MemoryProducer::Commit(Duration /*timeout*/) {
  const LogStatus answer =
      gate_.Run<LogStatus>(LogCallKind::kCommit, [&](Broker& broker, Fault fault) {
        if (auto status = Require(Phase::kInTransaction); !status.ok()) return status;
        if (!delivery_.ok()) return delivery_;
        return EndTransaction(broker, TransactionOutcome::kCommit, fault);
      });
  if (answer.error == LogError::kRetriable && phase_ != Phase::kDead) phase_ = Phase::kInDoubt;
  return Settle(answer);
}

LogStatus MemoryProducer::Abort(Duration /*timeout*/) {
  return Settle(gate_.Run<LogStatus>(LogCallKind::kAbort, [&](Broker& broker, Fault fault) {
    if (auto status = Require(Phase::kInTransaction); !status.ok()) return status;
    if (delivery_.error == LogError::kFenced) return delivery_;
    return EndTransaction(broker, TransactionOutcome::kAbort, fault);
  }));
}

LogStatus MemoryProducer::EndTransaction(Broker& broker, TransactionOutcome outcome, Fault fault) {
  if (registered_) {
    if (fault.kind == FaultKind::kAbortable && outcome == TransactionOutcome::kCommit) {
      delivery_ = {LogError::kAbortable, "injected: abort this transaction"};
      return delivery_;
    }
    broker.transactions().DeliverOverdue(*id_, broker.Now());
    if (auto status = SendEnd(broker, outcome, fault); !status.ok()) return status;
  }
  phase_ = Phase::kReady;
  return {};
}

LogStatus MemoryProducer::SendEnd(Broker& broker, TransactionOutcome outcome, Fault fault) {
  using Markers = TransactionCoordinator::Markers;
  TransactionCoordinator& transactions = broker.transactions();
  ++requests_;
  if (fault.kind == FaultKind::kFatalLateEffect) {
    transactions.DelayEndByTime(*id_, epoch_, outcome, broker.Now());
    return {LogError::kFatal, "injected: fatal, the request is still under way"};
  }
  if (fault.kind == FaultKind::kDelayedEndTransaction) {
    transactions.DelayEnd(*id_, epoch_, outcome, fault.delayed_past_records);
    ++requests_;
  }
  const bool late = fault.kind == FaultKind::kFatalDecided || fault.kind == FaultKind::kLateMarkers;
  const Markers markers = late ? Markers::kLater : Markers::kNow;
  auto status = transactions.End(*id_, epoch_, outcome, markers, broker.Now());
  if (status.ok() && fault.kind == FaultKind::kFatalDecided) {
    return {LogError::kFatal, "injected: fatal, decided but not complete"};
  }
  return status;
}

}  // namespace tidemark
