// Commands that the command line will have and does not have yet: each is refused by name with what
// works instead.
#pragma once

#include <array>
#include <string_view>

namespace tidemark {

struct NotYetCommand {
  std::string_view name;
  std::string_view help;
  std::string_view instead;  // what works
};

inline constexpr std::array kNotYetCommands = {
    NotYetCommand{"dead-letter", "Show dead-lettered records",
                  "tidemark tail --topic PIPELINE.dead-letter shows them as they come"},
    NotYetCommand{"doctor", "Check a cluster's surroundings",
                  "tidemark health asks a cluster, tidemark config show checks a configuration"},
    NotYetCommand{"completion", "Print a shell completion script",
                  "tidemark --help lists the commands"},
};

}  // namespace tidemark
