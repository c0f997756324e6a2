// The configuration of all programs as plain values. Each reads its own part and the common one
// (cluster, kafka, log, tls). What each key means, its default, unit and bounds stand in
// docs/configuration.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log_line.h"
#include "model/time.h"

namespace tidemark {

struct KafkaSettings {
  std::string bootstrap_servers;  // host:port[,host:port]
  Duration transaction_timeout{};
  std::map<std::string, std::string> properties;  // of librdkafka; secrets already read
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

struct CoordinatorSettings {
  std::string listen;  // host:port of gRPC
  std::string http;    // host:port of /metrics, /healthz, /readyz, /api/v1
  Duration session_timeout{};
  std::int64_t replication_factor = 1;  // of internal topics
  bool spare = false;
};

struct WorkerSettings {
  std::string id;                         // [a-z0-9.-]{1,63}
  std::vector<std::string> coordinators;  // host:port each, at least one
  std::string http;                       // host:port of /metrics, /healthz, /readyz
  std::string state_dir;
  std::uint64_t memory_bytes = 0;
  Duration commit_interval{};
  std::int64_t frame_budget = 0;  // frames per second of one pipeline's lanes together
  Duration checkpoint_interval{};
  std::int64_t task_threads = 0;  // 0: one per processor
};

struct CliSettings {
  std::vector<std::string> coordinators;  // host:port each, at least one
};

// Paths of PEM files; empty: not configured. certificate and key come together.
struct TlsSettings {
  std::string certificate;
  std::string key;
  std::string ca;
  std::string client_ca;
};

struct Configuration {
  std::string cluster;  // [a-z][a-z0-9-]{0,31}
  KafkaSettings kafka;
  LogSettings log;
  CoordinatorSettings coordinator;
  WorkerSettings worker;
  CliSettings cli;
  TlsSettings tls;
};

}  // namespace tidemark
