// The Kafka log of a worker's configuration.
#pragma once

#include <memory>

#include "base/status.h"
#include "config/configuration.h"
#include "log/log.h"

namespace tidemark {

Result<std::unique_ptr<Log>> OpenKafkaLog(const Configuration& configuration);

}  // namespace tidemark
