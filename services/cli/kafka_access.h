// How a command reaches Kafka, and what it tells when it cannot.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "log/log.h"
#include "log_kafka/kafka_log.h"

namespace tidemark {

struct KafkaAccess {
  std::string bootstrap;                 // host:port[,host:port]; empty: as configured
  std::string config_file;               // of --config; empty: none
  std::vector<std::string> assignments;  // of --set
};

// From the configuration; --bootstrap wins over it.
Result<KafkaLogOptions> ResolveKafka(const KafkaAccess& access);

// The topic as it is; NOT_FOUND if there is none, UNAVAILABLE if no broker tells within ten
// seconds. The messages say what to do.
Result<TopicDescription> DescribeTopic(Admin& admin, const KafkaLogOptions& kafka,
                                       const std::string& topic);

}  // namespace tidemark
