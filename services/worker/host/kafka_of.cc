#include "host/kafka_of.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {
namespace {

// A quarter of the worker's memory, for the consumers of so many tasks.
constexpr std::uint64_t kConsumers = 16;
constexpr std::uint64_t kLeastQueueBytes = 4U << 20U;

}  // namespace

Result<std::unique_ptr<Log>> OpenKafkaLog(const Configuration& configuration) {
  KafkaLogOptions options;
  options.bootstrap_servers = configuration.kafka.bootstrap_servers;
  options.client_id = StrCat("tidemark-", configuration.worker.id);
  options.properties = configuration.kafka.properties;
  options.consumer_queue_bytes =
      std::max(configuration.worker.memory_bytes / 4 / kConsumers, kLeastQueueBytes);
  TM_ASSIGN_OR_RETURN(auto log, KafkaLog::Open(std::move(options)));
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace tidemark
