#include "cli/examples.h"

#include <CLI/CLI.hpp>
#include <array>
#include <sstream>
#include <string>

#include "base/text.h"

namespace tidemark {
namespace {

struct Example {
  const char* command;
  const char* rest;
};

constexpr std::array kExamples = {
    Example{"run", "voice.yaml --input 'calls-*.pb' --output results"},
    Example{"generate", "--topic call-metrics --partitions 4 --rate 1000"},
    Example{"demo", "--seconds 20 --seed 7"},
    Example{"tail", "voice/asr_by_account_country --from beginning"},
    Example{"config show", "--config tidemark.yaml --redact"},
    Example{"pipeline apply", "-f voice.yaml --wait"},
    Example{"pipeline plan", "-f voice.yaml --exit-code"},
    Example{"pipeline list", "--output json"},
    Example{"pipeline describe", "voice"},
    Example{"pipeline pause", "voice --wait"},
    Example{"pipeline resume", "voice --wait"},
    Example{"pipeline delete", "voice --wait"},
    Example{"query list", "voice"},
    Example{"query schema", "voice/asr_by_account_country"},
    Example{"worker list", "--server localhost:7070"},
    Example{"task list", "voice"},
    Example{"window list", "voice"},
    Example{"audit", "voice --output json"},
    Example{"health", "--server localhost:7070,localhost:7071"},
    Example{"dead-letter show", "voice --reason DECODE_FAILED --output ndjson"},
    Example{"doctor", "--config tidemark.yaml"},
    Example{"completion bash", "> ~/.local/share/bash-completion/completions/tidemark"}};

CLI::App* Find(CLI::App* app, const std::string& path) {
  std::istringstream words(path);
  for (std::string word; words >> word;) app = app->get_subcommand(word);
  return app;
}

}  // namespace

void AddExamples(CLI::App& app) {
  for (const Example& example : kExamples) {
    Find(&app, example.command)
        ->footer(StrCat("\nExample: ", app.get_name(), " ", example.command, " ", example.rest));
  }
}

}  // namespace tidemark
