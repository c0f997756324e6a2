// The whole of tidemark-coordinator but the choice of its log.
//
// Order of its end: health says NOT_SERVING, sessions and streams end with a reason, the
// coordinator's thread ends, the server closes, then the log.
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "config/configuration.h"
#include "log/log.h"

namespace tidemark {

// Opens the log of the configuration; contacts nobody yet.
using CoordinatorLogFactory =
    std::function<Result<std::unique_ptr<Log>>(const Configuration& configuration)>;

// The exit code: 0 after --help, --version or a stop by signal; 1 what was found wrong before
// anything started, an occupied port for one; 2 usage.
int RunCoordinatorProcess(int argc, const char* const* argv, const CoordinatorLogFactory& open_log);

}  // namespace tidemark
