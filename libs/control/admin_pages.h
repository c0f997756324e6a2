// The read-only methods of the admin API as pages: GET /api/v1/..., answers in proto3 JSON, errors
// as JSON of google.rpc.Status with the HTTP status that fits. What is asked is answered by
// AdminReads, as over gRPC.
//
//   auto handlers = pages.Handlers();   // of the server that also has /metrics
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "control/admin_reads.h"
#include "http/http_server.h"

namespace tidemark {

class AdminPages {
 public:
  // At once; further ones 429. Fewer than the server has threads: /healthz never waits for an
  // audit.
  static constexpr int kMostAtOnce = 4;

  enum class Access : std::uint8_t {
    kOpen,
    // Callers over gRPC must show a certificate, which cannot be asked for here: 403 for all.
    kRefused,
  };
  // `reads` outlives this, and this the server that has its handlers.
  AdminPages(AdminReads* reads, Access access) : reads_(reads), access_(access) {}

  std::map<std::string, HttpHandler> Handlers();
  // Any thread. Parameters of lists: page_size, page_token; an unknown one is 400, naming those
  // there are. An unknown path is 404, naming the paths.
  HttpResponse Answer(const HttpRequest& request);

 private:
  AdminReads* reads_;
  Access access_;
  std::atomic<int> busy_{0};
};

// The paths, with {name} for what is filled in, in the order of docs/admin_api.md.
std::vector<std::string> AdminPaths();

}  // namespace tidemark
