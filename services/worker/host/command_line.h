// The command line of tidemark-worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tidemark {

struct WorkerCommandLine {
  std::string config;                    // empty: none
  std::vector<std::string> assignments;  // of --set
  std::vector<std::string> pipelines;    // files; empty: take tasks from worker.coordinators
};

struct ParsedCommandLine {
  WorkerCommandLine values;
  // Set when the process ends here: help, version (0) or a usage error (2), already printed.
  std::optional<int> exit_code;
};

ParsedCommandLine ParseWorkerCommandLine(int argc, const char* const* argv);

}  // namespace tidemark
