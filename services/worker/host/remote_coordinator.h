// The coordinators of worker.coordinators: whichever of them leads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/session_client.h"
#include "host/coordinator_link.h"

namespace tidemark {

class RemoteCoordinator final : public CoordinatorLink {
 public:
  explicit RemoteCoordinator(SessionClientOptions options) : session_(std::move(options)) {}

  std::vector<DownwardContent> Exchange(const std::vector<Upward>& messages,
                                        MonotonicTime now) override {
    return session_.Exchange(messages, now);
  }
  const std::optional<std::string>& must_end() const override { return must_end_; }

 private:
  SessionClient session_;
  std::optional<std::string> must_end_;  // never: a worker goes on without coordinator
};

}  // namespace tidemark
