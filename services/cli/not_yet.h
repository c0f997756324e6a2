// Commands that the command line will have and does not have yet: each is refused by name with what
// works instead.
#pragma once

#include <array>
#include <string_view>

namespace tidemark {

struct NotYetCommand {
  std::string_view name;
  std::string_view help;
};

inline constexpr std::array kNotYetCommands = {
    NotYetCommand{"pipeline", "Apply, plan, list, describe, pause, resume or delete pipelines"},
    NotYetCommand{"query", "List queries, show the schema of their results"},
    NotYetCommand{"worker", "List or drain workers"},
    NotYetCommand{"task", "List or move tasks"},
    NotYetCommand{"window", "List windows, explain why one is not closed"},
    NotYetCommand{"audit", "Show that every input record is accounted for"},
    NotYetCommand{"dead-letter", "Show dead-lettered records"},
    NotYetCommand{"health", "Ask a cluster for its health"},
    NotYetCommand{"doctor", "Check a cluster's surroundings"},
    NotYetCommand{"completion", "Print a shell completion script"},
};

}  // namespace tidemark
