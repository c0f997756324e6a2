// tidemark-coordinator: the host's process on Kafka.
#include "base/end_process.h"
#include "host/coordinator_process.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {
namespace {

Result<std::unique_ptr<Log>> OpenKafkaLog(const Configuration& configuration) {
  KafkaLogOptions options;
  options.bootstrap_servers = configuration.kafka.bootstrap_servers;
  options.client_id = "tidemark-coordinator";
  options.properties = configuration.kafka.properties;
  options.consumer_queue_bytes = 16U << 20U;
  TM_ASSIGN_OR_RETURN(auto log, KafkaLog::Open(std::move(options)));
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::EndProcess(tidemark::RunCoordinatorProcess(argc, argv, tidemark::OpenKafkaLog));
}
