// /metrics, /healthz, /readyz and /api/v1 of the coordinator process, told anew each second.
//
// Healthy while the coordinator's thread comes round, leading or not. Ready when it does what it is
// there for: it leads, or it is a spare that has read the log and could lead. Who leads is said by
// gRPC's health service and by tidemark_coordinator_leads.
//
// Thread: the main one; the pages are served by threads of their own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control/cluster_view.h"
#include "http/process_pages.h"

namespace tidemark {

class CoordinatorPages {
 public:
  // `clock` outlives this.
  explicit CoordinatorPages(const Clock& clock) : pages_(clock) {}

  // Begins to serve on `address` (host:port), `more` beside the three pages, and logs where.
  Status Start(const std::string& address, std::map<std::string, HttpHandler> more);
  // True if Publish is due.
  bool Due(MonotonicTime now);
  // `balanced`: by pipeline, as audited last.
  void Publish(const ClusterView& view, const std::map<std::string, bool>& balanced);

 private:
  ProcessPages pages_;
  std::optional<MonotonicTime> next_;
  std::unique_ptr<HttpServer> server_;  // goes before pages_, whose handlers it has
};

}  // namespace tidemark
