// The options by which every command is told its configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tidemark {

// --config and --set.
inline std::vector<CLI::Option*> AddConfiguration(CLI::App& command, std::string& file,
                                                  std::vector<std::string>& assignments) {
  return {command.add_option("--config", file, "The configuration file (YAML)"),
          command.add_option("--set", assignments, "key.path=value; may be given many times")
              ->allow_extra_args(false)};
}

}  // namespace tidemark
