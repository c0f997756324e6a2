// A transactional client of librdkafka, and its calls that wait for a broker.
//
// librdkafka's own threads must have noticed such a call before its time is over: otherwise they
// answer it later, the next call takes that answer for its own, and a commit that was not made is
// told as done, or an assertion ends the process. So a call gets time enough, on a thread of its
// own, and is repeated until it is answered.
//
// Thread: any, but one at a time; Abandon(), Lost() and end_transaction_requests() at any time.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "log_kafka/client.h"
#include "log_kafka/handles.h"
#include "log_kafka/watchdog.h"

namespace tidemark {

using ErrorHandle = KafkaHandle<rd_kafka_error_t, rd_kafka_error_destroy>;

class TransactionalClient {
 public:
  static Result<std::shared_ptr<TransactionalClient>> Open(const KafkaLogOptions& options,
                                                           const ProducerOptions& producer,
                                                           std::shared_ptr<Watchdog> watchdog);

  rd_kafka_t* get() const { return client_.get(); }

  // Each returns when it is answered, null for success; after Abandon() at the latest when the time
  // of the call under way is over, a quarter of hang_deadline.
  ErrorHandle InitTransactions();
  ErrorHandle Commit();
  ErrorHandle Abort();
  // Nobody asks for an answer any more. What was not sent is dropped.
  void Abandon();

  // Why only destruction is left, as soon as it is known: kFenced, kUnauthorized or kFatal.
  LogStatus Lost() const;
  // The class of what a transactional call answered, null included.
  LogError ClassOf(const rd_kafka_error_t* error) const;

  // Before a transaction begins.
  void ForgetLastTransaction();
  // Of the deliveries of this transaction, the first that failed.
  const LogStatus& failed_delivery() const { return failed_delivery_; }
  // EndTxn requests sent in this transaction.
  int end_transaction_requests() const { return counts_->end_transaction_requests.load(); }

 private:
  using Call = rd_kafka_error_t* (*)(rd_kafka_t*, int timeout_ms);
  // What the client's threads touch; lives until the client is destroyed.
  struct Counts {
    std::atomic<int> end_transaction_requests{0};
  };

  TransactionalClient(std::shared_ptr<Watchdog> watchdog, Duration call_time)
      : watchdog_(std::move(watchdog)), call_time_(call_time) {}
  static rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* opaque,
                                   char* text, size_t size);
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  ErrorHandle Repeat(std::string_view what, Call call);
  void Drain();

  const std::shared_ptr<Watchdog> watchdog_;
  const Duration call_time_;
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  std::optional<DyingClient> dying_;  // once abandoned; goes after the client
  ClientHandle client_;
  LogStatus failed_delivery_;
  std::atomic<bool> abandoned_ = false;
};

}  // namespace tidemark
