// The tidemark program: parses the command line and calls the command.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>

#include "base/log_line.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/admin_commands.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/configuration_options.h"
#include "cli/examples.h"
#include "cli/exit_code.h"
#include "cli/time_option.h"
#include "cli/unknown_verb.h"

namespace tidemark {
namespace {

// What the parsed command line asks for; the default asks for help.
using Action = std::function<int()>;

void AddRun(CLI::App& app, RunOptions& options, Action& action) {
  CLI::App* run =
      app.add_subcommand("run", "Aggregate files with a pipeline, without any log service");
  run->add_option("pipeline", options.pipeline, "The pipeline file (YAML)")->required();
  run->add_option("--input", options.inputs,
                  "Files or globs of length-delimited protobuf records; each file is one source "
                  "partition, in name order")
      ->required();
  run->add_option("--output", options.output,
                  "Folder for DIR/<sink topic>.ndjson, one row per line")
      ->capture_default_str();
  run->add_option("--workers", options.workers,
                  "Workers of the embedded cluster; results do not depend on it")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  run->callback([&] { action = [&] { return RunFiles(options); }; });
}

void AddKafka(CLI::App& command, KafkaAccess& kafka) {
  command.add_option(
      "--bootstrap", kafka.bootstrap,
      "Kafka's HOST:PORT[,...]; default: kafka.bootstrap_servers of the configuration");
  AddConfiguration(command, kafka.config_file, kafka.assignments);
}

void AddGenerate(CLI::App& app, GenerateOptions& options, Action& action) {
  CLI::App* generate =
      app.add_subcommand("generate", "Write realistic call events, the same for the same seed");
  generate->add_option("--out", options.out, "The file to write (length-delimited protobuf)");
  generate->add_option("--topic", options.topic, "The topic to write to, instead of a file");
  AddKafka(*generate, options.kafka);
  generate->add_option("--count", options.count,
                       "Number of events (files: 100000; a topic: without end)");
  generate
      ->add_option("--partitions", options.partitions,
                   "Write that many files, one per source partition (1); a topic is created with "
                   "that many if it is missing")
      ->check(CLI::Range(1, 256));
  generate->add_flag("--only-new", options.only_new,
                     "Write to the topic only if it is created now; otherwise end with 0");
  generate->add_option("--seed", options.seed, "Seed of everything that is drawn")
      ->capture_default_str();
  generate
      ->add_option("--rate", options.rate,
                   "Events per second of event time (1000); to a topic, also of real time, unless "
                   "only --count is given")
      ->check(CLI::Range(1, 1'000'000'000));
  generate->add_option("--keys", options.keys, "Number of accounts")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  generate->add_option("--late", options.late_ppm, "Events that arrive far too late, per million")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  generate->add_option("--duplicates", options.duplicate_ppm, "Events sent twice, per million")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  generate
      ->add_option("--malformed", options.malformed_ppm, "Records with broken bytes, per million")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  generate->add_option("--future", options.future_ppm, "Events stamped an hour ahead, per million")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  generate->add_option("--incidents", options.incidents, "Planted incidents: default or none")
      ->check(CLI::IsMember({"default", "none"}))
      ->capture_default_str();
  generate
      ->add_option_function<std::string>(
          "--start", [&](const std::string& time) { options.start = ParseTime(time); },
          "Event time of the first event, RFC 3339 or HH:MM of today, UTC (files: "
          "2026-01-05T09:00:00Z; a topic: so that real time, or the last of --count, is "
          "now)")
      ->transform(IsTime());
  generate->callback([&] {
    action = [&] {
      return options.topic.empty() ? GenerateFiles(options) : GenerateToTopic(options);
    };
  });
}

void AddDemo(CLI::App& app, DemoOptions& options, Action& action) {
  CLI::App* demo = app.add_subcommand(
      "demo", "Run a whole cluster, in this process or on Kafka, break it, and prove its results");
  demo->add_option("--seconds", options.seconds, "Length of the show")
      ->check(CLI::Range(8, 3'600))
      ->capture_default_str();
  demo->add_option("--seed", options.seed, "Seed of the calls")->capture_default_str();
  const std::map<std::string, DemoOptions::Break> kBreaks = {
      {"drop-frame", DemoOptions::Break::kDropFrame},
      {"double-frame", DemoOptions::Break::kDoubleFrame}};
  demo->add_option("--break", options.broken)
      ->transform(CLI::CheckedTransformer(kBreaks))
      ->group("");
  CLI::Option* kafka =
      demo->add_option("--kafka", options.kafka.bootstrap,
                       "HOST:PORT[,...]: run on these brokers, with coordinator and workers as "
                       "processes, under names of its own");
  demo->add_flag(
          "--keep", [&](std::int64_t) { options.topics = DemoOptions::Topics::kKeep; },
          "Leave the topics on the brokers; else they are deleted at the end")
      ->needs(kafka);
  for (CLI::Option* option :
       AddConfiguration(*demo, options.kafka.config_file, options.kafka.assignments)) {
    option->needs(kafka);
  }
  demo->callback([&] { action = [&] { return RunDemo(options); }; });
}

void AddTail(CLI::App& app, TailOptions& options, AdminOptions& admin, Action& action) {
  CLI::App* tail =
      app.add_subcommand("tail", "Follow the committed rows of a query, or records of a topic");
  tail->add_option("query", admin.name, "PIPELINE/QUERY, asked of a coordinator");
  tail->add_option("--server", admin.access.server,
                   "With PIPELINE/QUERY: coordinators, HOST:PORT[,...]");
  tail->add_option("--topic", options.topic, "The topic, read from Kafka")
      ->excludes(tail->get_option("query"));
  AddKafka(*tail, options.kafka);
  AddChoice(*tail, "--from", options.from_beginning, {{"beginning", true}, {"end", false}},
            "Where to begin (end)");
  tail->add_option("--partition", options.partition, "Only this partition");
  AddOutput(*tail, options.output,
            "ndjson: the values; json: with where each came from; table: columns");
  tail->add_option("--count", options.count, "Stop after that many records");
  tail->callback([&] {
    action = [&] {
      if (!options.topic.empty()) return TailTopic(options);
      admin.access.config_file = options.kafka.config_file;
      admin.access.assignments = options.kafka.assignments;
      admin.from_beginning = options.from_beginning;
      admin.count = options.count;
      admin.output = options.output;
      return TailRows(admin);
    };
  });
}

void AddDeadLetter(CLI::App& app, DeadLetterOptions& options, Action& action) {
  CLI::App* noun = app.add_subcommand("dead-letter", "Look at records that no query could take");
  noun->require_subcommand(1);
  CLI::App* show = noun->add_subcommand(
      "show", "Show why each record is dead, where it came from and what it holds");
  show->add_option("pipeline", options.pipeline, "The pipeline")->required();
  show->add_option("--server", options.server, "Coordinators, HOST:PORT[,...]");
  AddKafka(*show, options.kafka);
  show->add_option("--reason", options.reason, "Only records that are dead for this reason")
      ->check(CLI::IsMember({"DECODE_FAILED", "INVALID_EVENT_TIME", "FUTURE_TIMESTAMP",
                             "KEY_TOO_LARGE", "RECORD_TOO_LARGE"}));
  AddChoice(*show, "--from", options.from_beginning, {{"beginning", true}, {"end", false}},
            "Where to begin (beginning)");
  show->add_flag("--follow", options.follow, "Go on with those that come; else end with the last");
  show->add_option("--count", options.count, "Stop after that many records");
  AddOutput(*show, options.output, "json, ndjson: with key and value, decoded if it is a call");
  show->callback([&] { action = [&] { return ShowDeadLetters(options); }; });
}

void AddDoctor(CLI::App& app, DoctorOptions& options, Action& action) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Check what a cluster needs, and say what is wrong and what to do");
  doctor->add_option("--server", options.server, "Coordinators, HOST:PORT[,...]");
  AddKafka(*doctor, options.kafka);
  AddOutput(*doctor, options.output);
  doctor->callback([&] { action = [&] { return RunDoctor(options); }; });
}

void AddCompletion(CLI::App& app, Action& action) {
  CLI::App* completion = app.add_subcommand(
      "completion", "Print a completion script: source <(tidemark completion bash)");
  completion->require_subcommand(1);
  completion->add_subcommand("bash", "For bash")->callback([&] {
    action = [&] {
      std::fputs(BashCompletion(app).c_str(), stdout);
      return kExitDone;
    };
  });
}

void AddConfig(CLI::App& app, ConfigOptions& options, Action& action) {
  CLI::App* config = app.add_subcommand("config", "Show the configuration of the programs");
  config->require_subcommand(1);
  CLI::App* show = config->add_subcommand(
      "show", "Check the configuration; print each key's value and where it came from");
  AddConfiguration(*show, options.file, options.assignments);
  show->add_flag("--redact", options.redact, "Hide passwords and private keys");
  show->add_option("--output", options.output, "table, json, ndjson or yaml")
      ->check(CLI::IsMember({"table", "json", "ndjson", "yaml"}))
      ->capture_default_str();
  show->callback([&] { action = [&] { return ShowConfig(options); }; });
}

int Main(int argc, char** argv) {
  CLI::App app{"Tidemark: event-time aggregation of call events, exactly once", "tidemark"};
  app.set_version_flag("--version", StrCat("tidemark ", kVersion));
  app.require_subcommand(1);
  std::string log_level = "warn";
  app.add_option("--log-level", log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  std::string log_format = "text";
  app.add_option("--log-format", log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  RunOptions run;
  GenerateOptions generate;
  TailOptions tail;
  DemoOptions demo;
  Action action;
  AddRun(app, run, action);
  AddGenerate(app, generate, action);
  AdminOptions admin;
  AddTail(app, tail, admin, action);
  AddDemo(app, demo, action);
  ConfigOptions config;
  AddConfig(app, config, action);
  AddAdminCommands(app, admin, action);
  DeadLetterOptions dead_letter;
  AddDeadLetter(app, dead_letter, action);
  DoctorOptions doctor;
  AddDoctor(app, doctor, action);
  AddCompletion(app, action);
  AddExamples(app);
  if (const std::string unknown = UnknownVerb(app, argc, argv); !unknown.empty()) {
    std::fprintf(stderr, "tidemark: %s\n", unknown.c_str());
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  const std::map<std::string, LogLevel> kLevels = {{"debug", LogLevel::kDebug},
                                                   {"info", LogLevel::kInfo},
                                                   {"warn", LogLevel::kWarning},
                                                   {"error", LogLevel::kError},
                                                   {"off", LogLevel::kOff}};
  SetUpLogging(kLevels.at(log_level), log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  return action();
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) { return tidemark::Main(argc, argv); }
