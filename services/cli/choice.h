// An option that takes one of a few words.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "base/text.h"
#include "cli/admin_output.h"

namespace tidemark {

// The words are shown in the help, whatever they mean to the program.
template <class Value>
CLI::Option* AddChoice(CLI::App& command, const std::string& flags, Value& value,
                       const std::map<std::string, Value>& choices, const std::string& help) {
  const auto word = [](const auto& choice) { return choice.first; };
  CLI::Validator one_of = CLI::CheckedTransformer(choices);
  one_of.description("{" + Join(choices, ",", word) + "}");
  return command.add_option(flags, value, help)->transform(one_of)->type_name("TEXT");
}

// --output of commands that answer with a list or an object.
inline CLI::Option* AddOutput(CLI::App& command, AdminOutput& output,
                              const std::string& help = "How to print the answer") {
  return AddChoice(command, "--output", output,
                   {{"table", AdminOutput::kTable},
                    {"json", AdminOutput::kJson},
                    {"ndjson", AdminOutput::kNdjson}},
                   help);
}

}  // namespace tidemark
