// The transactional producer of the log port on Kafka: one client of its own.
//
// Every call into librdkafka that may wait is watched. The port's rule that a pending call must be
// repeated is checked here, since librdkafka's answer to a different one would depend on when it
// comes.
//
// Thread: one. Delivery reports are taken in its calls.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "log_kafka/client.h"
#include "log_kafka/handles.h"
#include "log_kafka/watchdog.h"

namespace tidemark {

class KafkaProducer final : public Producer {
 public:
  // `watchdog` outlives the producer. A client that cannot be created shows as kFatal in every
  // call.
  KafkaProducer(const KafkaLogOptions& options, const ProducerOptions& producer,
                Watchdog& watchdog);

  LogStatus InitTransactions(Duration timeout) override;
  LogStatus Begin() override;
  // The first record to a topic asks the brokers for it, up to a second: records to a topic that
  // librdkafka does not know yet may wait that long in its queue, with the transaction open.
  LogStatus Produce(const OutgoingRecord& record) override;
  LogStatus Commit(Duration timeout) override;
  LogStatus Abort(Duration timeout) override;
  int end_transaction_requests() const override;

 private:
  enum class Call : std::uint8_t { kNone, kInit, kCommit, kAbort };
  // What the client's threads and callbacks touch; lives until the client is destroyed.
  struct Shared {
    std::atomic<int> end_transaction_requests{0};
  };

  Result<ClientHandle> Open(const KafkaLogOptions& options, const ProducerOptions& producer);
  static rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* opaque,
                                   char* text, size_t size);
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);

  // kConflict unless `call` may be made now.
  LogStatus Admit(Call call) const;
  // The class of what a transactional call answered; takes `error`.
  LogStatus Settle(Call call, rd_kafka_error_t* error, std::string_view doing);
  LogStatus Send(const OutgoingRecord& record);
  LogStatus TopicOf(std::string_view name, rd_kafka_topic_t*& topic);
  void WarmUp(rd_kafka_topic_t* topic);
  bool Drained(Duration timeout);
  void ForgetUnknownTopics();
  rd_kafka_resp_err_t Enqueue(const OutgoingRecord& record, rd_kafka_topic_t* topic);

  Watchdog& watchdog_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  ClientHandle client_;
  std::map<std::string, TopicHandle, std::less<>> topics_;  // go before the client
  Call pending_ = Call::kNone;
  LogStatus lost_;             // why only destruction is left
  LogStatus failed_delivery_;  // the first one of this transaction
  LogStatus refused_;          // what Produce answered: only Abort is left of this transaction
  std::optional<std::chrono::steady_clock::time_point> drain_until_;  // set by the first Abort
  bool open_ = false;  // a transaction was begun and has not ended
  std::uint64_t enqueued_ = 0;
};

}  // namespace tidemark
