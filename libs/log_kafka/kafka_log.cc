#include "log_kafka/kafka_log.h"

#include <utility>

#include "log_kafka/broker_watch.h"
#include "log_kafka/kafka_admin.h"
#include "log_kafka/kafka_consumer.h"
#include "log_kafka/kafka_producer.h"
#include "log_kafka/shared_handles.h"
#include "log_kafka/watchdog.h"

namespace tidemark {

struct KafkaLog::Impl {
  // Commits of so many producers are under way together; more wait for their turn.
  static constexpr std::size_t kMostTransactions = 256;

  explicit Impl(KafkaLogOptions given)
      : options(std::move(given)),
        watchdog(std::make_shared<Watchdog>(options.hang_deadline)),
        handles(std::make_shared<SharedHandles>(options)) {}

  const KafkaLogOptions options;
  const std::shared_ptr<Watchdog> watchdog;
  BlockingCalls transactions{kMostTransactions};
  std::shared_ptr<SharedHandles> handles;
  std::unique_ptr<BrokerWatch> brokers;
};

KafkaLog::KafkaLog(KafkaLogOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaLog::~KafkaLog() {
  constexpr Duration kOrderlyEnd{2'000};
  impl_.reset();
  (void)WaitForDestroyedClients(kOrderlyEnd);
}

Result<std::unique_ptr<KafkaLog>> KafkaLog::Open(KafkaLogOptions options) {
  std::unique_ptr<KafkaLog> log(new KafkaLog(std::move(options)));
  TM_ASSIGN_OR_RETURN(log->impl_->brokers, BrokerWatch::Open(log->impl_->options));
  log->impl_->handles->trouble = [watch = log->impl_->brokers.get()] { return watch->Trouble(); };
  return log;
}

std::unique_ptr<Producer> KafkaLog::NewProducer(const ProducerOptions& options) {
  return std::make_unique<KafkaProducer>(impl_->options, options, impl_->watchdog,
                                         impl_->transactions);
}

std::unique_ptr<Consumer> KafkaLog::NewConsumer(Isolation isolation) {
  return std::make_unique<KafkaConsumer>(impl_->options, isolation);
}

std::unique_ptr<Admin> KafkaLog::NewAdmin() { return std::make_unique<KafkaAdmin>(impl_->handles); }

std::string KafkaLog::Trouble() const { return impl_->brokers->Trouble(); }

}  // namespace tidemark
