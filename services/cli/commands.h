// The commands that work without a cluster: run, generate, demo. Each takes its options, prints,
// and returns an exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark {

struct RunOptions {
  std::string pipeline;  // path of the pipeline file
  std::vector<std::string>
      inputs;  // paths or globs of length-delimited protobuf; each file is one source partition
  std::string output = ".";  // folder of the result files
  std::uint32_t workers = 1;
};
int RunFiles(const RunOptions& options);

struct GenerateOptions {
  std::string topic;  // refused: needs a log service
  std::string out;    // path; with several partitions "-0", "-1", ... goes before its extension
  std::uint64_t count = 100'000;
  std::uint32_t partitions = 1;
  std::uint64_t seed = 1;
  std::uint32_t rate = 1'000;  // events per second of event time
  std::uint32_t keys = 1'000;  // accounts
  std::uint32_t late_ppm = 1'000;
  std::uint32_t duplicate_ppm = 1'000;
  std::uint32_t malformed_ppm = 10;
  std::uint32_t future_ppm = 0;
  std::string incidents = "default";  // default | none
  std::string start = "2026-01-05T09:00:00Z";
};
int GenerateFiles(const GenerateOptions& options);

struct DemoOptions {
  enum class Break : std::uint8_t { kNothing, kDropFrame, kDoubleFrame };
  std::uint32_t seconds = 40;
  std::uint64_t seed = 1;
  std::string kafka;               // refused: needs brokers
  Break broken = Break::kNothing;  // a deliberate defect that the proof must find; for tests
};
int RunDemo(const DemoOptions& options);

struct ConfigOptions {
  std::string file;                      // of --config; empty: none
  std::vector<std::string> assignments;  // of --set
  bool redact = false;                   // hide secrets
  std::string output = "table";          // table | json | yaml
};
int ShowConfig(const ConfigOptions& options);

}  // namespace tidemark
