// Completion scripts for shells, made from the command line itself.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tidemark {

// For bash: completes commands, verbs and options of `app`, and file names where a value is wanted.
// To be read by the shell: source <(tidemark completion bash).
std::string BashCompletion(const CLI::App& app);

}  // namespace tidemark
