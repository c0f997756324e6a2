// A worker's end of the session: keeps one stream to the leading coordinator, and makes a new one
// when it is lost, silent or led by nobody.
//
// Never waits for the network: what is said while there is no stream is lost, as the protocol
// allows. Deadlines are the application's own: a coordinator that leads answers every heartbeat.
// Thread: that of the worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/credentials.h"
#include "session/session.h"

namespace tidemark {

struct SessionClientOptions {
  std::vector<std::string> coordinators;  // host:port each, at least one
  ClientCredentials credentials;
  // A stream on which nothing was heard for so long is given up. Unit ms; five heartbeats.
  Duration silence{5'000};
};

class SessionClient {
 public:
  explicit SessionClient(SessionClientOptions options);
  // Waits at most a second for what was said last to leave.
  ~SessionClient();

  // Says `messages`, yields what was heard, in order. Bounded work.
  std::vector<DownwardContent> Exchange(const std::vector<Upward>& messages, MonotonicTime now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
