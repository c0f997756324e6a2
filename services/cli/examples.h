// One example for the help of each command.
#pragma once

namespace CLI {
class App;
}

namespace tidemark {

// REQUIRES: every command is there.
void AddExamples(CLI::App& app);

}  // namespace tidemark
