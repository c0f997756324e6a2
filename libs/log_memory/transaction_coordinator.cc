#include "log_memory/transaction_coordinator.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark {
namespace {

using Phase = TransactionalId::Phase;

LogStatus Fenced(const TransactionalId& id) {
  return {LogError::kFenced, "a newer epoch of transactional id " + id.name + " exists"};
}

}  // namespace

TransactionalId* TransactionCoordinator::Initialise(const std::string& name, Duration timeout,
                                                    Now now) {
  TransactionalId& id = ids_[name];
  if (id.phase == Phase::kOngoing) Decide(id, TransactionOutcome::kAbort, now);
  if (id.phase == Phase::kDecided) Complete(id, now);
  id.name = name;
  id.timeout = timeout;
  id.phase = Phase::kNone;
  ++id.epoch;
  Reschedule();
  return &id;
}

LogResult<TransactionSerial> TransactionCoordinator::Touch(
    TransactionalId& id, ProducerEpoch epoch, const TopicPartition& name,
    const std::shared_ptr<PartitionLog>& partition, Now now) {
  if (epoch != id.epoch) return {LogError::kFenced, Fenced(id).message, std::nullopt};
  if (id.phase == Phase::kDecided) Complete(id, now);
  if (id.phase != Phase::kOngoing) {
    id.phase = Phase::kOngoing;
    id.serial = ++last_serial_;
    id.due = now.time + id.timeout;
    Reschedule();
  }
  id.touched.try_emplace(name, partition);
  return {.value = id.serial};
}

void TransactionCoordinator::AfterRecord(TransactionalId& id, Now now) {
  for (std::size_t i = 0; i < id.delayed.size(); ++i) {
    TransactionalId::Delayed& delayed = id.delayed[i];
    if (delayed.at) continue;
    if (--delayed.after_records <= 0) {
      Deliver(id, i, now);
      return;
    }
  }
}

void TransactionCoordinator::DeliverOverdue(TransactionalId& id, Now now) {
  const auto overdue = [](const TransactionalId::Delayed& delayed) { return !delayed.at; };
  while (true) {
    const auto found = std::find_if(id.delayed.begin(), id.delayed.end(), overdue);
    if (found == id.delayed.end()) return;
    Deliver(id, static_cast<std::size_t>(found - id.delayed.begin()), now);
  }
}

LogStatus TransactionCoordinator::End(TransactionalId& id, ProducerEpoch epoch,
                                      TransactionOutcome outcome, Markers markers, Now now) {
  if (epoch != id.epoch) return Fenced(id);
  if (id.phase == Phase::kNone || (id.phase != Phase::kOngoing && id.outcome != outcome)) {
    return {LogError::kFatal, "EndTxn does not fit the state of transactional id " + id.name};
  }
  if (id.phase != Phase::kOngoing) return {};  // a repeated request
  Decide(id, outcome, now);
  if (markers == Markers::kNow) Complete(id, now);
  return {};
}

void TransactionCoordinator::DelayEnd(TransactionalId& id, ProducerEpoch epoch,
                                      TransactionOutcome outcome, int after_records) {
  id.delayed.push_back(
      {.epoch = epoch, .outcome = outcome, .after_records = std::max(after_records, 1)});
}

void TransactionCoordinator::DelayEndByTime(TransactionalId& id, ProducerEpoch epoch,
                                            TransactionOutcome outcome, Now now) {
  id.delayed.push_back({.epoch = epoch, .outcome = outcome, .at = now.time + late_delivery_});
  Reschedule();
}

void TransactionCoordinator::Deliver(TransactionalId& id, std::size_t index, Now now) {
  const TransactionalId::Delayed delayed = id.delayed[index];
  id.delayed.erase(id.delayed.begin() + static_cast<std::ptrdiff_t>(index));
  if (!End(id, delayed.epoch, delayed.outcome, Markers::kNow, now).ok()) ++refused_;
}

void TransactionCoordinator::Decide(TransactionalId& id, TransactionOutcome outcome, Now now) {
  id.phase = Phase::kDecided;
  id.outcome = outcome;
  id.due = now.time + late_delivery_;
  Reschedule();
}

void TransactionCoordinator::Complete(TransactionalId& id, Now now) {
  TM_CHECK(id.phase == Phase::kDecided, "only a decided transaction is completed");
  for (const auto& [name, weak] : id.touched) {
    if (const auto partition = weak.lock()) {
      partition->EndTransaction(id.serial, id.outcome, now.wall_ms);
    }
  }
  id.touched.clear();
  id.phase = Phase::kCompleted;
  Reschedule();
}

std::optional<MonotonicTime> TransactionCoordinator::NextEvent(const TransactionalId& id) const {
  std::optional<MonotonicTime> next;
  if (id.phase == Phase::kOngoing || id.phase == Phase::kDecided) next = id.due;
  for (const TransactionalId::Delayed& delayed : id.delayed) {
    if (delayed.at && (!next || *delayed.at < *next)) next = delayed.at;
  }
  return next;
}

void TransactionCoordinator::Reschedule() {
  next_event_.reset();
  for (const auto& [name, id] : ids_) {
    const auto next = NextEvent(id);
    if (next && (!next_event_ || *next < *next_event_)) next_event_ = next;
  }
}

void TransactionCoordinator::RunEvent(TransactionalId& id, MonotonicTime due, Now now) {
  for (std::size_t i = 0; i < id.delayed.size(); ++i) {
    if (id.delayed[i].at == due) return Deliver(id, i, now);
  }
  if (id.phase == Phase::kOngoing) {
    ++id.epoch;  // a producer whose transaction timed out is fenced
    Decide(id, TransactionOutcome::kAbort, now);
  }
  Complete(id, now);
}

void TransactionCoordinator::Tick(Now now) {
  while (next_event_ && *next_event_ <= now.time) {
    const MonotonicTime due = *next_event_;
    const auto found = std::find_if(ids_.begin(), ids_.end(), [&](const auto& entry) {
      return NextEvent(entry.second) == due;
    });
    TM_CHECK(found != ids_.end(), "the next event belongs to an id");
    RunEvent(found->second, due, now);
    Reschedule();
  }
}

std::vector<std::string> TransactionCoordinator::Open() const {
  std::vector<std::string> open;
  for (const auto& [name, id] : ids_) {
    if (id.phase == Phase::kOngoing || id.phase == Phase::kDecided) open.push_back(name);
  }
  return open;
}

}  // namespace tidemark
