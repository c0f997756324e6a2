#include "host/command_line.h"

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "base/version.h"

namespace tidemark {
namespace {

constexpr const char* kAbout =
    "Runs the tasks of pipelines: reads their input from Kafka, aggregates it, publishes finished "
    "windows.";
constexpr const char* kFooter =
    "Later sources win: defaults, --config, TIDEMARK_KEY_PATH variables, --set. SIGTERM: commits "
    "what was read, leaves,\nends with 0 within 5 s; a second signal ends at once.";
constexpr int kExitUsage = 2;

}  // namespace

ParsedCommandLine ParseWorkerCommandLine(int argc, const char* const* argv) {
  ParsedCommandLine parsed;
  CLI::App app(kAbout, "tidemark-worker");
  app.footer(kFooter);
  app.set_version_flag("--version", StrCat("tidemark-worker ", kVersion));
  app.add_option("--config", parsed.values.config, "Configuration file (YAML)");
  app.add_option("--set", parsed.values.assignments, "One key of the configuration: key.path=value")
      ->allow_extra_args(false);
  app.add_option("--pipeline", parsed.values.pipelines,
                 "Run this pipeline file without a separate coordinator; may be given several "
                 "times")
      ->allow_extra_args(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return parsed;
}

}  // namespace tidemark
