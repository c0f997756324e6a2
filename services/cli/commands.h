// The commands that work without a cluster of workers. Each takes its options, prints, and returns
// an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/admin_output.h"
#include "cli/kafka_access.h"
#include "model/time.h"

namespace tidemark {

struct RunOptions {
  std::string pipeline;  // path of the pipeline file
  std::vector<std::string>
      inputs;  // paths or globs of length-delimited protobuf; each file is one source partition
  std::string output = ".";  // folder of the result files
  std::uint32_t workers = 1;
};
int RunFiles(const RunOptions& options);

// Absent: as fits the target.
struct GenerateOptions {
  std::string topic;  // either a topic
  KafkaAccess kafka;
  std::string out;  // or a path; with several partitions "-0", "-1", ... goes before its extension
  std::optional<std::uint64_t> count;  // of events. Files: 100,000; a topic: without end
  std::optional<std::uint32_t>
      partitions;         // files: 1; a topic is created with that many if it is missing
  bool only_new = false;  // leaves a topic alone that is there already
  std::uint64_t seed = 1;
  // Events per second of event time, 1,000 if absent. On a topic a given rate, or a missing count,
  // means real time; a count alone is written as fast as possible.
  std::optional<std::uint32_t> rate;
  std::uint32_t keys = 1'000;  // accounts
  std::uint32_t late_ppm = 1'000;
  std::uint32_t duplicate_ppm = 1'000;
  std::uint32_t malformed_ppm = 10;
  std::uint32_t future_ppm = 0;
  std::string incidents = "default";  // default | none
  // Of event time. Files: 2026-01-05T09:00:00Z; a topic: so that real time or the end is now.
  std::optional<EventTime> start;
};
int GenerateToTopic(const GenerateOptions& options);
int GenerateFiles(const GenerateOptions& options);

struct DemoOptions {
  enum class Break : std::uint8_t { kNothing, kDropFrame, kDoubleFrame };
  std::uint32_t seconds = 40;
  std::uint64_t seed = 1;
  KafkaAccess kafka;  // with bootstrap servers: on these brokers instead of the embedded log
  enum class Topics : std::uint8_t { kDelete, kKeep };
  Topics topics = Topics::kDelete;  // at the end, on brokers
  Break broken = Break::kNothing;   // a deliberate defect that the proof must find; for tests
};
int RunDemo(const DemoOptions& options);

struct TailOptions {
  std::string topic;
  KafkaAccess kafka;
  bool from_beginning = false;            // else: what is committed from now on
  std::optional<std::int32_t> partition;  // else: all
  AdminOutput output = AdminOutput::kNdjson;
  std::uint64_t count = 0;  // 0: until interrupted
};
int TailTopic(const TailOptions& options);

struct DeadLetterOptions {
  std::string pipeline;
  std::string server;  // of --server, to learn what the pipeline's messages are
  KafkaAccess kafka;   // its configuration is the server's, too
  std::string reason;  // only these; empty: all
  bool from_beginning = true;
  bool follow = false;      // else: what is there now
  std::uint64_t count = 0;  // 0: all
  AdminOutput output = AdminOutput::kTable;
};
int ShowDeadLetters(const DeadLetterOptions& options);

struct DoctorOptions {
  std::string server;  // of --server
  KafkaAccess kafka;   // its configuration is all the others', too
  AdminOutput output = AdminOutput::kTable;
};
int RunDoctor(const DoctorOptions& options);

struct ConfigOptions {
  std::string file;                      // of --config; empty: none
  std::vector<std::string> assignments;  // of --set
  bool redact = false;                   // hide secrets
  std::string output = "table";          // table | json | ndjson | yaml
};
int ShowConfig(const ConfigOptions& options);

}  // namespace tidemark
