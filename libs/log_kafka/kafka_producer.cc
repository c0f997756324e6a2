#include "log_kafka/kafka_producer.h"

#include <utility>

#include "base/text.h"
#include "log_kafka/outgoing.h"

namespace tidemark {
namespace {

constexpr int kLookUpMs = 1'000;
// While the client's queue is full.
constexpr int kFullQueueStepMs = 50;
constexpr int kFullQueueSteps = 100;
// Delivery reports are served once in so many records.
constexpr std::uint64_t kServeEvery = 256;

bool IsLost(LogError error) { return error == LogError::kFenced || error == LogError::kFatal; }

}  // namespace

KafkaProducer::KafkaProducer(const KafkaLogOptions& options, const ProducerOptions& producer,
                             std::shared_ptr<Watchdog> watchdog, BlockingCalls& calls)
    : watchdog_(std::move(watchdog)), calls_(calls) {
  auto client = TransactionalClient::Open(options, producer, watchdog_);
  if (!client.ok()) {
    lost_ = {LogError::kFatal, client.status().message()};
    return;
  }
  client_ = std::move(client).value();
}

KafkaProducer::~KafkaProducer() {
  if (pending_) client_->Abandon();
}

LogStatus KafkaProducer::Admit(std::string_view what) const {
  if (!lost_.ok()) return lost_;
  if (!pending_ || pending_->what == what) return {};
  return {LogError::kConflict, StrCat(what, " while ", pending_->what, " is pending")};
}

LogStatus KafkaProducer::Settle(std::string_view what, const ErrorHandle& error) {
  if (error == nullptr) return {};
  LogStatus status{client_->ClassOf(error.get()),
                   StrCat(what, ": ", rd_kafka_error_string(error.get()))};
  if (IsLost(status.error)) lost_ = status;
  return status;
}

LogStatus KafkaProducer::Run(std::string_view what, Duration timeout,
                             ErrorHandle (TransactionalClient::*call)()) {
  if (!pending_) {
    auto error = std::make_shared<ErrorHandle>();
    auto work = [client = client_, error, call] { *error = ((*client).*call)(); };
    pending_ = Pending{what, calls_.Start(std::move(work)), std::move(error)};
  }
  if (!pending_->call->WaitFor(timeout)) {
    // For what the rest of a lost transaction is answered nobody has to wait.
    lost_ = client_->Lost();
    if (lost_.ok()) return {LogError::kPending, StrCat(what, " is under way")};
    lost_.message = StrCat(what, ": ", lost_.message);
    return lost_;
  }
  const ErrorHandle error = std::move(*pending_->error);
  pending_.reset();
  return Settle(what, error);
}

LogStatus KafkaProducer::InitTransactions(Duration timeout) {
  if (LogStatus refused = Admit(kInitialising); !refused.ok()) return refused;
  return Run(kInitialising, timeout, &TransactionalClient::InitTransactions);
}

LogStatus KafkaProducer::Begin() {
  constexpr std::string_view kBeginning = "beginning a transaction";
  if (LogStatus refused = Admit(kBeginning); !refused.ok()) return refused;
  const Watchdog::Scope watched(*watchdog_, "begin_transaction");
  client_->ForgetLastTransaction();
  refused_ = {};
  LogStatus begun = Settle(kBeginning, ErrorHandle(rd_kafka_begin_transaction(client_->get())));
  open_ = begun.ok();
  return begun;
}

LogStatus KafkaProducer::Produce(const OutgoingRecord& record) {
  if (LogStatus refused = Admit("producing"); !refused.ok()) return refused;
  if (!refused_.ok()) return refused_;
  LogStatus status = Send(record);
  if (status.ok() || status.error == LogError::kConflict) return status;
  refused_ = status;
  if (IsLost(status.error)) lost_ = status;
  return status;
}

LogStatus KafkaProducer::Send(const OutgoingRecord& record) {
  rd_kafka_topic_t* topic = nullptr;
  if (LogStatus status = TopicOf(record.topic, topic); !status.ok()) return status;
  const rd_kafka_resp_err_t error = Enqueue(record, topic);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (++enqueued_ % kServeEvery == 0) rd_kafka_poll(client_->get(), 0);
    return {};
  }
  // The transaction has failed meanwhile; why, only its commit tells.
  if (error == RD_KAFKA_RESP_ERR__STATE && open_) return {};
  LogStatus status = LogStatusOf(error, StrCat("writing to ", record.topic));
  if (const LogStatus lost = client_->Lost(); !lost.ok()) {
    status.error = lost.error;
  } else if (status.error == LogError::kRetriable) {
    status.error = LogError::kAbortable;
  }
  return status;
}

rd_kafka_resp_err_t KafkaProducer::Enqueue(const OutgoingRecord& record, rd_kafka_topic_t* topic) {
  for (int step = 0; step < kFullQueueSteps; ++step) {
    const auto error = EnqueueRecord(client_->get(), topic, record, 0);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return error;
    rd_kafka_poll(client_->get(), kFullQueueStepMs);
  }
  return RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

LogStatus KafkaProducer::TopicOf(std::string_view name, rd_kafka_topic_t*& topic) {
  if (const auto found = topics_.find(name); found != topics_.end()) {
    topic = found->second.get();
    return {};
  }
  const std::string key(name);
  TopicHandle handle(rd_kafka_topic_new(client_->get(), key.c_str(), nullptr));
  if (handle == nullptr) return LogStatusOf(rd_kafka_last_error(), StrCat("topic ", name));
  WarmUp(handle.get());
  topic = handle.get();
  topics_.emplace(key, std::move(handle));
  return {};
}

void KafkaProducer::WarmUp(rd_kafka_topic_t* topic) {
  const Watchdog::Scope watched(*watchdog_, "metadata");
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client_->get(), 0, topic, &metadata, kLookUpMs);
  // What is wrong with the topic the delivery tells: a topic just created may be unknown yet.
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
}

LogStatus KafkaProducer::Commit(Duration timeout) {
  if (LogStatus refused = Admit(kCommitting); !refused.ok()) return refused;
  // librdkafka does not know of a record that was never in its queue.
  if (!refused_.ok()) return refused_;
  LogStatus status = Run(kCommitting, timeout, &TransactionalClient::Commit);
  if (status.ok()) open_ = false;
  if (status.error != LogError::kAbortable) return status;
  const LogStatus& failed = client_->failed_delivery();
  if (IsRecordPermanent(failed.error)) return failed;
  if (!failed.ok()) status.message = StrCat(status.message, " (", failed.message, ")");
  if (failed.error == LogError::kFenced) {
    status.error = LogError::kFenced;
    lost_ = status;
  }
  return status;
}

LogStatus KafkaProducer::Abort(Duration timeout) {
  if (LogStatus refused = Admit(kAborting); !refused.ok()) return refused;
  LogStatus aborted = Run(kAborting, timeout, &TransactionalClient::Abort);
  if (!pending_) ForgetUnknownTopics();
  if (aborted.ok()) open_ = false;
  return aborted;
}

void KafkaProducer::ForgetUnknownTopics() {
  const auto unknown = LogError::kUnknownTopic;
  // They may be created meanwhile, which the client would notice only a minute later.
  if (client_->failed_delivery().error == unknown || refused_.error == unknown) topics_.clear();
}

int KafkaProducer::end_transaction_requests() const {
  return client_ == nullptr ? 0 : client_->end_transaction_requests();
}

}  // namespace tidemark
