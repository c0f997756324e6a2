// The transactional producer of the log port on Kafka: one client of its own.
//
// Calls that wait for a broker run on threads of the log (transactional_client.h says why); a call
// of the port starts one, or looks for its answer, so that it keeps its deadline.
//
// Thread: one.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log_kafka/blocking_calls.h"
#include "log_kafka/handles.h"
#include "log_kafka/transactional_client.h"
#include "log_kafka/watchdog.h"

namespace tidemark {

class KafkaProducer final : public Producer {
 public:
  // `calls` outlives the producer. A client that cannot be created shows as kFatal in every call.
  KafkaProducer(const KafkaLogOptions& options, const ProducerOptions& producer,
                std::shared_ptr<Watchdog> watchdog, BlockingCalls& calls);
  ~KafkaProducer() override;

  LogStatus InitTransactions(Duration timeout) override;
  LogStatus Begin() override;
  // The first record to a topic asks the brokers for it, up to a second: records to a topic that
  // librdkafka does not know yet may wait that long in its queue, with the transaction open.
  LogStatus Produce(const OutgoingRecord& record) override;
  LogStatus Commit(Duration timeout) override;
  LogStatus Abort(Duration timeout) override;
  int end_transaction_requests() const override;

 private:
  static constexpr std::string_view kInitialising = "initialising the producer";
  static constexpr std::string_view kCommitting = "committing";
  static constexpr std::string_view kAborting = "aborting";
  struct Pending {
    std::string_view what;
    std::shared_ptr<BlockingCall> call;
    std::shared_ptr<ErrorHandle> error;  // once the call is over
  };

  // kConflict unless `what` may be done now: nothing else while a call is pending.
  LogStatus Admit(std::string_view what) const;
  LogStatus Run(std::string_view what, Duration timeout,
                ErrorHandle (TransactionalClient::*call)());
  // Of what librdkafka answered.
  LogStatus Settle(std::string_view what, const ErrorHandle& error);
  LogStatus Send(const OutgoingRecord& record);
  LogStatus TopicOf(std::string_view name, rd_kafka_topic_t*& topic);
  void WarmUp(rd_kafka_topic_t* topic);
  void ForgetUnknownTopics();
  rd_kafka_resp_err_t Enqueue(const OutgoingRecord& record, rd_kafka_topic_t* topic);

  const std::shared_ptr<Watchdog> watchdog_;
  BlockingCalls& calls_;
  std::shared_ptr<TransactionalClient> client_;             // a call under way keeps it
  std::map<std::string, TopicHandle, std::less<>> topics_;  // go before the client
  std::optional<Pending> pending_;
  LogStatus lost_;     // why only destruction is left
  LogStatus refused_;  // what Produce answered: only Abort is left of this transaction
  bool open_ = false;  // a transaction was begun and has not ended
  std::uint64_t enqueued_ = 0;
};

}  // namespace tidemark
