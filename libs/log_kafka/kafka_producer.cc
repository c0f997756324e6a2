#include "log_kafka/kafka_producer.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "log_kafka/outgoing.h"

namespace tidemark {
namespace {

constexpr std::int16_t kEndTxnApiKey = 26;
constexpr int kLookUpMs = 1'000;
constexpr Duration kDrainMax{1'000};
// While the client's queue is full.
constexpr int kFullQueueStepMs = 50;
constexpr int kFullQueueSteps = 100;
// Delivery reports are served once in so many records.
constexpr std::uint64_t kServeEvery = 256;

// May be changed by passed-through properties.
constexpr std::array kTuning = {
    KafkaSetting{"compression.type", "lz4"},
    KafkaSetting{"linger.ms", "5"},
    KafkaSetting{"batch.num.messages", "10000"},
    // Below a topic's default limit of 1 MiB together with the overhead of a batch; a larger record
    // goes alone.
    KafkaSetting{"batch.size", "960000"},
    // The topic's own limit decides.
    KafkaSetting{"message.max.bytes", "67108864"},
    KafkaSetting{"queue.buffering.max.messages", "1000000"},
    KafkaSetting{"queue.buffering.max.kbytes", "524288"},
};

bool IsLost(LogError error) { return error == LogError::kFenced || error == LogError::kFatal; }
bool IsFenced(rd_kafka_resp_err_t code) { return LogErrorOf(code) == LogError::kFenced; }

// The flags say what librdkafka will still allow; that a producer was fenced they do not always
// say.
LogError ClassOf(rd_kafka_t* client, const rd_kafka_error_t* error) {
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  std::array<char, 8> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client, text.data(), text.size());
  if (IsFenced(code) || IsFenced(fatal)) return LogError::kFenced;
  if (rd_kafka_error_is_fatal(error) != 0 || fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return LogErrorOf(code) == LogError::kUnauthorized ? LogError::kUnauthorized : LogError::kFatal;
  }
  const LogError plain = LogErrorOf(code);
  if (rd_kafka_error_txn_requires_abort(error) != 0) {
    // Of a topic that may not be written: no retry can help.
    return plain == LogError::kUnauthorized ? plain : LogError::kAbortable;
  }
  if (rd_kafka_error_is_retriable(error) != 0) return LogError::kPending;
  const bool told_apart = IsRecordPermanent(plain) || plain == LogError::kConflict;
  return told_apart ? plain : LogError::kFatal;
}

void OnRequestSent(std::atomic<int>& count, std::int16_t key) {
  if (key == kEndTxnApiKey) count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

KafkaProducer::KafkaProducer(const KafkaLogOptions& options, const ProducerOptions& producer,
                             Watchdog& watchdog)
    : watchdog_(watchdog) {
  auto client = Open(options, producer);
  if (!client.ok()) {
    lost_ = {LogError::kFatal, client.status().message()};
    return;
  }
  client_ = std::move(client).value();
  client_.get_deleter().kept = shared_;
}

Result<ClientHandle> KafkaProducer::Open(const KafkaLogOptions& options,
                                         const ProducerOptions& producer) {
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options));
  TM_RETURN_IF_ERROR(config.SetUnlessGiven(kTuning, options));
  TM_RETURN_IF_ERROR(config.Set("transactional.id", producer.transactional_id));
  TM_RETURN_IF_ERROR(
      config.Set("transaction.timeout.ms", StrCat(producer.transaction_timeout.count())));
  // As Kafka's Java client for records with a key, which are all that leave the choice to it.
  TM_RETURN_IF_ERROR(config.Set("partitioner", "murmur2_random"));
  rd_kafka_conf_set_opaque(config.get(), this);
  // Without it a commit waits in steps of 10 ms for its records.
  rd_kafka_conf_set_dr_msg_cb(config.get(), &OnDelivery);
  rd_kafka_conf_interceptor_add_on_new(config.get(), "tidemark", &OnNew, shared_.get());
  return std::move(config).Create(RD_KAFKA_PRODUCER);
}

rd_kafka_resp_err_t KafkaProducer::OnNew(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/,
                                         void* opaque, char* /*text*/, size_t /*size*/) {
  return rd_kafka_interceptor_add_on_request_sent(
      client, "tidemark",
      [](rd_kafka_t*, int, const char*, std::int32_t, std::int16_t key, std::int16_t, std::int32_t,
         size_t, void* shared) {
        OnRequestSent(static_cast<Shared*>(shared)->end_transaction_requests, key);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
      },
      opaque);
}

void KafkaProducer::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                               void* opaque) {
  auto& producer = *static_cast<KafkaProducer*>(opaque);
  // Purging is our own doing, and may be told when the next transaction has begun.
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || !producer.failed_delivery_.ok()) {
    return;
  }
  producer.failed_delivery_ =
      LogStatusOf(message->err, StrCat("writing to ", rd_kafka_topic_name(message->rkt)));
}

LogStatus KafkaProducer::Admit(Call call) const {
  if (!lost_.ok()) return lost_;
  if (pending_ == Call::kNone || pending_ == call) return {};
  return {LogError::kConflict, "another call of this producer is pending"};
}

LogStatus KafkaProducer::Settle(Call call, rd_kafka_error_t* error, std::string_view doing) {
  pending_ = Call::kNone;
  if (error == nullptr) return {};
  LogStatus status{ClassOf(client_.get(), error),
                   StrCat(doing, ": ", rd_kafka_error_string(error))};
  rd_kafka_error_destroy(error);
  if (status.error == LogError::kPending) pending_ = call;
  if (IsLost(status.error)) lost_ = status;
  return status;
}

LogStatus KafkaProducer::InitTransactions(Duration timeout) {
  if (LogStatus refused = Admit(Call::kInit); !refused.ok()) return refused;
  const Watchdog::Scope watched(watchdog_, "init_transactions");
  return Settle(Call::kInit,
                rd_kafka_init_transactions(client_.get(), static_cast<int>(timeout.count())),
                "initialising the producer");
}

LogStatus KafkaProducer::Begin() {
  if (LogStatus refused = Admit(Call::kNone); !refused.ok()) return refused;
  const Watchdog::Scope watched(watchdog_, "begin_transaction");
  rd_kafka_poll(client_.get(), 0);
  shared_->end_transaction_requests.store(0, std::memory_order_relaxed);
  failed_delivery_ = {};
  refused_ = {};
  drain_until_.reset();
  LogStatus begun =
      Settle(Call::kNone, rd_kafka_begin_transaction(client_.get()), "beginning a transaction");
  open_ = begun.ok();
  return begun;
}

LogStatus KafkaProducer::Produce(const OutgoingRecord& record) {
  if (LogStatus refused = Admit(Call::kNone); !refused.ok()) return refused;
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
    if (++enqueued_ % kServeEvery == 0) rd_kafka_poll(client_.get(), 0);
    return {};
  }
  // The transaction has failed meanwhile; why, only its commit tells.
  if (error == RD_KAFKA_RESP_ERR__STATE && open_) return {};
  LogStatus status = LogStatusOf(error, StrCat("writing to ", record.topic));
  std::array<char, 8> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    status.error = IsFenced(fatal) ? LogError::kFenced : LogError::kFatal;
  } else if (status.error == LogError::kRetriable) {
    status.error = LogError::kAbortable;
  }
  return status;
}

rd_kafka_resp_err_t KafkaProducer::Enqueue(const OutgoingRecord& record, rd_kafka_topic_t* topic) {
  for (int step = 0; step < kFullQueueSteps; ++step) {
    const auto error = EnqueueRecord(client_.get(), topic, record, 0);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return error;
    rd_kafka_poll(client_.get(), kFullQueueStepMs);
  }
  return RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

LogStatus KafkaProducer::TopicOf(std::string_view name, rd_kafka_topic_t*& topic) {
  if (const auto found = topics_.find(name); found != topics_.end()) {
    topic = found->second.get();
    return {};
  }
  const std::string key(name);
  TopicHandle handle(rd_kafka_topic_new(client_.get(), key.c_str(), nullptr));
  if (handle == nullptr) return LogStatusOf(rd_kafka_last_error(), StrCat("topic ", name));
  WarmUp(handle.get());
  topic = handle.get();
  topics_.emplace(key, std::move(handle));
  return {};
}

void KafkaProducer::WarmUp(rd_kafka_topic_t* topic) {
  const Watchdog::Scope watched(watchdog_, "metadata");
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client_.get(), 0, topic, &metadata, kLookUpMs);
  // What is wrong with the topic the delivery tells: a topic just created may be unknown yet.
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
}

LogStatus KafkaProducer::Commit(Duration timeout) {
  if (LogStatus refused = Admit(Call::kCommit); !refused.ok()) return refused;
  // librdkafka does not know of a record that was never in its queue.
  if (!refused_.ok()) return refused_;
  const Watchdog::Scope watched(watchdog_, "commit_transaction");
  LogStatus status = Settle(
      Call::kCommit, rd_kafka_commit_transaction(client_.get(), static_cast<int>(timeout.count())),
      "committing");
  if (status.ok()) open_ = false;
  if (status.error == LogError::kAbortable && IsRecordPermanent(failed_delivery_.error)) {
    return failed_delivery_;
  }
  if (status.error == LogError::kAbortable && !failed_delivery_.ok()) {
    status.message = StrCat(status.message, " (", failed_delivery_.message, ")");
    if (failed_delivery_.error == LogError::kFenced) {
      status.error = LogError::kFenced;
      lost_ = status;
    }
  }
  return status;
}

LogStatus KafkaProducer::Abort(Duration timeout) {
  if (LogStatus refused = Admit(Call::kAbort); !refused.ok()) return refused;
  const Watchdog::Scope watched(watchdog_, "abort_transaction");
  if (!Drained(timeout)) {
    pending_ = Call::kAbort;
    return {LogError::kPending, "aborting: records are still on their way"};
  }
  ForgetUnknownTopics();
  LogStatus aborted = Settle(
      Call::kAbort, rd_kafka_abort_transaction(client_.get(), static_cast<int>(timeout.count())),
      "aborting");
  if (aborted.ok()) open_ = false;
  return aborted;
}

// An abort ends the producer if the broker has not taken the transaction's first record yet, which
// it puts off while the markers of the one before are being written; and records dropped from the
// queue leave a gap in their partition's numbers, which costs the next transaction too.
bool KafkaProducer::Drained(Duration timeout) {
  const auto now = std::chrono::steady_clock::now();
  if (!drain_until_) drain_until_ = now + kDrainMax;
  if (!failed_delivery_.ok() || now >= *drain_until_) return true;
  const auto error = rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
  return error != RD_KAFKA_RESP_ERR__TIMED_OUT;
}

void KafkaProducer::ForgetUnknownTopics() {
  const auto unknown = LogError::kUnknownTopic;
  // They may be created meanwhile, which the client would notice only a minute later.
  if (failed_delivery_.error == unknown || refused_.error == unknown) topics_.clear();
}

int KafkaProducer::end_transaction_requests() const {
  return shared_->end_transaction_requests.load(std::memory_order_relaxed);
}

}  // namespace tidemark
