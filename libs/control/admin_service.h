// The service tidemark.admin.v1.Admin on gRPC: parses what is asked, asks the coordinator's thread
// or the log service, answers.
//
// Calls run on gRPC's threads and may wait for the coordinator (10 s) and the log service (20 s).
// At most AdminReads::kMostReaders calls read the log at once, at most kMostStreams streams are
// open; further ones are RESOURCE_EXHAUSTED.
#pragma once

#include <functional>
#include <memory>

#include "control/admin_reads.h"
#include "control/coordinator_host.h"
#include "log/log.h"
#include "model/time.h"

namespace grpc {
class Service;
}

namespace tidemark {

class AdminService {
 public:
  static constexpr int kMostStreams = 64;

  // All outlive the service.
  struct Ports {
    CoordinatorHost* host = nullptr;
    Log* log = nullptr;
    const Clock* clock = nullptr;
    // Wall clock: the start of a pipeline with `start: latest`.
    std::function<EventTime()> now;
  };
  explicit AdminService(Ports ports);
  ~AdminService();

  grpc::Service* service();
  // What its read-only methods answer with. Any thread.
  AdminReads& reads();
  // Ends the open streams soon and refuses new ones. Any thread.
  void EndStreams();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
