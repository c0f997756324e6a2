#include "worker/measured_producer.h"

#include <optional>
#include <utility>

namespace tidemark {
namespace {

// What an answer other than success and kPending makes of the transaction under way. Only a commit
// leaves doubt.
TransactionEnd EndOf(LogError error, bool commits) {
  if (error == LogError::kFenced) return TransactionEnd::kFenced;
  const bool in_doubt = error == LogError::kRetriable || error == LogError::kFatal;
  return commits && in_doubt ? TransactionEnd::kInDoubt : TransactionEnd::kAborted;
}

class MeasuredProducer final : public Producer {
 public:
  MeasuredProducer(std::unique_ptr<Producer> producer, TaskId::Kind kind, TaskMeter& meter)
      : producer_(std::move(producer)), kind_(kind), meter_(meter) {}
  ~MeasuredProducer() override {
    Close(committing_ ? TransactionEnd::kInDoubt : TransactionEnd::kAborted);
  }

  LogStatus InitTransactions(Duration timeout) override {
    return Seen(producer_->InitTransactions(timeout));
  }

  LogStatus Begin() override {
    LogStatus begun = Seen(producer_->Begin());
    if (begun.ok()) began_ = meter_.Now();
    return begun;
  }

  LogStatus Produce(const OutgoingRecord& record) override {
    return Seen(producer_->Produce(record));
  }

  LogStatus Commit(Duration timeout) override {
    committing_ = true;
    LogStatus committed = Seen(producer_->Commit(timeout));
    if (committed.error == LogError::kPending) return committed;
    if (committed.ok() && began_) {
      meter_.Committed(kind_, meter_.Now() - *std::exchange(began_, std::nullopt));
    }
    Close(EndOf(committed.error, true));
    return committed;
  }

  LogStatus Abort(Duration timeout) override {
    LogStatus aborted = Seen(producer_->Abort(timeout));
    if (aborted.error != LogError::kPending) Close(EndOf(aborted.error, false));
    return aborted;
  }

  int end_transaction_requests() const override { return producer_->end_transaction_requests(); }

 private:
  LogStatus Seen(LogStatus status) {
    if (status.error == LogError::kFenced) {
      if (!std::exchange(fenced_, true)) meter_.Fenced();
      Close(TransactionEnd::kFenced);
    }
    return status;
  }

  // Of the transaction under way, if there is one.
  void Close(TransactionEnd end) {
    committing_ = false;
    if (std::exchange(began_, std::nullopt)) meter_.Ended(end);
  }

  std::unique_ptr<Producer> producer_;
  TaskId::Kind kind_;
  TaskMeter& meter_;
  std::optional<MonotonicTime> began_;  // while a transaction is under way
  bool committing_ = false;             // its end was asked for and is not known
  bool fenced_ = false;
};

}  // namespace

std::unique_ptr<Producer> Measure(std::unique_ptr<Producer> producer, TaskId::Kind kind,
                                  TaskMeter& meter) {
  return std::make_unique<MeasuredProducer>(std::move(producer), kind, meter);
}

}  // namespace tidemark
