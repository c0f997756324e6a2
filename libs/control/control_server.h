// The coordinator's gRPC server: sessions of workers, the admin service, health and reflection on
// one port.
//
// Health answers SERVING for "" and "tidemark.admin.v1.Admin" while this coordinator leads.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "control/credentials.h"
#include "control/session_hub.h"

namespace grpc {
class Service;
}

namespace tidemark {

struct ControlServerOptions {
  std::string listen;  // host:port; port 0: any free one
  ServerCredentials credentials;
};

// Thread: one, but what says otherwise.
class ControlServer {
 public:
  // `hub` and `admin` outlive the server; `admin` may be nullptr: sessions only. UNAVAILABLE when
  // the address cannot be listened on.
  static Result<std::unique_ptr<ControlServer>> Start(const ControlServerOptions& options,
                                                      SessionHub* hub, grpc::Service* admin);
  ~ControlServer();

  int port() const;
  // What health says.
  void SetServing(bool serving);
  // Ends every session and call within `grace`, at once if streams of the admin service have ended
  // already.
  void Stop(Duration grace);

 private:
  ControlServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
