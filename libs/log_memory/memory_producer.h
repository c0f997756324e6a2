// The producer handle of the memory log. Records reach the partitions at once, as with a client
// that does not linger.
#pragma once

#include <memory>

#include "log/log.h"
#include "log_memory/broker.h"
#include "log_memory/connection.h"

namespace tidemark {

class MemoryProducer final : public Producer {
 public:
  MemoryProducer(std::shared_ptr<Broker> broker, std::shared_ptr<Connection> connection,
                 ProducerOptions options);
  LogStatus InitTransactions(Duration timeout) override;
  LogStatus Begin() override;
  LogStatus Produce(const OutgoingRecord& record) override;
  LogStatus Commit(Duration timeout) override;
  LogStatus Abort(Duration timeout) override;
  int end_transaction_requests() const override { return requests_; }

 private:
  enum class Phase : std::uint8_t {
    kNew,
    kReady,
    kInTransaction,
    kInDoubt,  // a commit without answer: only destruction is left
    kDead,     // fenced or fatal
  };

  LogStatus Initialise(Broker& broker);
  // Hands the record to the broker; what it refuses waits in delivery_ for the commit.
  void Deliver(Broker& broker, const OutgoingRecord& record);
  LogStatus Store(Broker& broker, const OutgoingRecord& record);
  Partition Choose(const OutgoingRecord& record, std::int32_t partitions);
  LogStatus EndTransaction(Broker& broker, TransactionOutcome outcome, Fault fault);
  LogStatus SendEnd(Broker& broker, TransactionOutcome outcome, Fault fault);
  // kConflict, or what killed the handle, unless it is in `wanted`.
  LogStatus Require(Phase wanted) const;
  // Draws the consequences of an answer for this handle.
  LogStatus Settle(LogStatus answer);

  std::shared_ptr<Broker> broker_;
  CallGate gate_;
  const ProducerOptions options_;
  Phase phase_ = Phase::kNew;
  TransactionalId* id_ = nullptr;  // the broker's, which broker_ keeps
  ProducerEpoch epoch_;
  LogStatus death_;          // of kDead
  LogStatus delivery_;       // the first failed delivery of this transaction
  bool registered_ = false;  // the broker knows of this transaction
  int requests_ = 0;
  std::int32_t keyless_ = 0;
};

}  // namespace tidemark
