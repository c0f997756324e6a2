// The whole of tidemark-worker but the choice of its log: main passes Kafka's, tests another.
//
//   int main(int argc, char** argv) { return tidemark::RunWorkerProcess(argc, argv, OpenKafkaLog);
//   }
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "config/configuration.h"
#include "log/log.h"

namespace tidemark {

// Opens the log of the configuration; contacts nobody yet. An error is printed, and the process
// ends.
using LogFactory = std::function<Result<std::unique_ptr<Log>>(const Configuration& configuration)>;

// The exit code: 0 after --help, --version or a stop by signal; 1 what was found wrong before
// anything started, or another process has taken this one's place; 2 usage.
int RunWorkerProcess(int argc, const char* const* argv, const LogFactory& open_log);

}  // namespace tidemark
