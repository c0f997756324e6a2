// What every process tells over HTTP: /metrics, /healthz (is it alive?), /readyz (may it be sent
// work?).
//
// The process' main loop publishes what it is like, at least every second; the server's threads
// answer from what was published last and touch nothing else.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/http_server.h"

namespace tidemark {

struct ProcessState {
  std::string metrics;    // in Prometheus' text format
  std::string not_ready;  // why; empty: ready
};

// Thread: any. Outlives the server that has its handlers.
class ProcessPages {
 public:
  // Without Publish for this long, the main loop is taken for stuck and /healthz answers 503. Above
  // the longest wait that a healthy process may have in one step.
  static constexpr Duration kStuckAfter{30'000};

  explicit ProcessPages(const Clock& clock);

  void Publish(ProcessState state);
  std::map<std::string, HttpHandler> Handlers();

 private:
  HttpResponse Metrics() const;
  HttpResponse Health() const;
  HttpResponse Readiness() const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  ProcessState state_;  // guarded by mutex_, as is published_
  MonotonicTime published_;
};

}  // namespace tidemark
