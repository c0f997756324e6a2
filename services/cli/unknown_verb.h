// What to say of a command that there is not.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tidemark {

// "there is no command 'pipelin apply'; did you mean 'pipeline'?" if some word stands where a
// command of `app` should, else "". Looks at nothing behind the last command.
std::string UnknownVerb(const CLI::App& app, int argc, const char* const* argv);

}  // namespace tidemark
