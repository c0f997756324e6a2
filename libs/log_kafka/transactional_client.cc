#include "log_kafka/transactional_client.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::int16_t kEndTxnApiKey = 26;
constexpr Duration kDrainMax{1'000};
constexpr Duration kDrainStep{50};
constexpr int kRetryPauseMs = 20;
// Of the time after which a call hangs.
constexpr int kCallsPerHang = 4;

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

}  // namespace

Result<std::shared_ptr<TransactionalClient>> TransactionalClient::Open(
    const KafkaLogOptions& options, const ProducerOptions& producer,
    std::shared_ptr<Watchdog> watchdog) {
  std::shared_ptr<TransactionalClient> client(
      new TransactionalClient(std::move(watchdog), options.hang_deadline / kCallsPerHang));
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options));
  TM_RETURN_IF_ERROR(config.SetUnlessGiven(kTuning, options));
  TM_RETURN_IF_ERROR(config.Set("transactional.id", producer.transactional_id));
  TM_RETURN_IF_ERROR(
      config.Set("transaction.timeout.ms", StrCat(producer.transaction_timeout.count())));
  // As Kafka's Java client for records with a key, which are all that leave the choice to it.
  TM_RETURN_IF_ERROR(config.Set("partitioner", "murmur2_random"));
  rd_kafka_conf_set_opaque(config.get(), client.get());
  // Without it a commit waits in steps of 10 ms for its records.
  rd_kafka_conf_set_dr_msg_cb(config.get(), &OnDelivery);
  rd_kafka_conf_interceptor_add_on_new(config.get(), "tidemark", &OnNew, client->counts_.get());
  TM_ASSIGN_OR_RETURN(client->client_, std::move(config).Create(RD_KAFKA_PRODUCER));
  client->client_.get_deleter().kept = client->counts_;
  return client;
}

rd_kafka_resp_err_t TransactionalClient::OnNew(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/,
                                               void* opaque, char* /*text*/, size_t /*size*/) {
  return rd_kafka_interceptor_add_on_request_sent(
      client, "tidemark",
      [](rd_kafka_t*, int, const char*, std::int32_t, std::int16_t key, std::int16_t, std::int32_t,
         size_t, void* counts) {
        if (key == kEndTxnApiKey) ++static_cast<Counts*>(counts)->end_transaction_requests;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
      },
      opaque);
}

void TransactionalClient::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                                     void* opaque) {
  auto& client = *static_cast<TransactionalClient*>(opaque);
  // Purging is our own doing, and may be told when the next transaction has begun.
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || !client.failed_delivery_.ok()) {
    return;
  }
  client.failed_delivery_ =
      LogStatusOf(message->err, StrCat("writing to ", rd_kafka_topic_name(message->rkt)));
}

LogStatus TransactionalClient::Lost() const {
  std::array<char, 512> text{};
  const auto code = rd_kafka_fatal_error(get(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const LogError plain = LogErrorOf(code);
  const bool told_apart = plain == LogError::kFenced || plain == LogError::kUnauthorized;
  return {told_apart ? plain : LogError::kFatal, text.data()};
}

// The flags say what librdkafka will still allow; that a producer was fenced they do not always
// say.
LogError TransactionalClient::ClassOf(const rd_kafka_error_t* error) const {
  if (error == nullptr) return LogError::kNone;
  const LogError plain = LogErrorOf(rd_kafka_error_code(error));
  if (plain == LogError::kFenced) return plain;
  if (const LogStatus lost = Lost(); !lost.ok()) return lost.error;
  if (rd_kafka_error_is_fatal(error) != 0) {
    return plain == LogError::kUnauthorized ? plain : LogError::kFatal;
  }
  if (rd_kafka_error_txn_requires_abort(error) != 0) {
    // Of a topic that may not be written: no retry can help.
    return plain == LogError::kUnauthorized ? plain : LogError::kAbortable;
  }
  if (rd_kafka_error_is_retriable(error) != 0) return LogError::kPending;
  const bool told_apart = IsRecordPermanent(plain) || plain == LogError::kConflict;
  return told_apart ? plain : LogError::kFatal;
}

ErrorHandle TransactionalClient::Repeat(std::string_view what, Call call) {
  for (;;) {
    ErrorHandle error;
    {
      const Watchdog::Scope watched(*watchdog_, what);
      error.reset(call(get(), static_cast<int>(call_time_.count())));
    }
    if (ClassOf(error.get()) != LogError::kPending || abandoned_) return error;
    rd_kafka_poll(get(), kRetryPauseMs);
  }
}

ErrorHandle TransactionalClient::InitTransactions() {
  return Repeat("init_transactions", &rd_kafka_init_transactions);
}

ErrorHandle TransactionalClient::Commit() {
  return Repeat("commit_transaction", &rd_kafka_commit_transaction);
}

ErrorHandle TransactionalClient::Abort() {
  Drain();
  return Repeat("abort_transaction", &rd_kafka_abort_transaction);
}

// An abort ends the producer if the broker has not taken the transaction's first record yet, which
// it puts off while the markers of the one before are being written; and records dropped from the
// queue leave a gap in their partition's numbers, which costs the next transaction too.
void TransactionalClient::Drain() {
  for (Duration waited{0}; waited < kDrainMax; waited += kDrainStep) {
    if (!failed_delivery_.ok() || abandoned_) return;
    const auto error = rd_kafka_flush(get(), static_cast<int>(kDrainStep.count()));
    if (error != RD_KAFKA_RESP_ERR__TIMED_OUT) return;
  }
}

void TransactionalClient::Abandon() {
  dying_.emplace();
  abandoned_ = true;
  // A purge that waits would wait for threads that may be looking up a name.
  rd_kafka_purge(
      get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void TransactionalClient::ForgetLastTransaction() {
  rd_kafka_poll(get(), 0);
  counts_->end_transaction_requests = 0;
  failed_delivery_ = {};
}

}  // namespace tidemark
