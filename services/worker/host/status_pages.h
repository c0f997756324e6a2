// /metrics, /healthz and /readyz of the worker process, told anew each second.
//
// Thread: that of the worker; the pages are served by threads of their own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "config/configuration.h"
#include "http/process_pages.h"
#include "worker/worker.h"

namespace tidemark {

class StatusPages {
 public:
  // `clock` outlives this. Of the settings the page shows some.
  StatusPages(const Clock& clock, const WorkerSettings& settings);

  // Begins to serve on `address` (host:port) and logs where.
  Status Start(const std::string& address);
  void Step(const Worker& worker, MonotonicTime now);

 private:
  ProcessPages pages_;
  std::uint64_t memory_bytes_;
  Duration commit_interval_;
  std::optional<MonotonicTime> next_;
  std::unique_ptr<HttpServer> server_;  // goes before pages_, whose handlers it has
};

}  // namespace tidemark
