// A deliberate defect between the source tasks and the log, once: one frame arrives without its
// partials, or with all of them twice. It exists so that a test can see the proof fail; nothing
// else uses it. Thread: one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cli/commands.h"
#include "embedded/embedded_cluster.h"

namespace tidemark {

class DemoBreak final : public FaultHook {
 public:
  explicit DemoBreak(DemoOptions::Break kind) : kind_(kind) {}
  void Begin(std::string shuffle_topic) { shuffle_topic_ = std::move(shuffle_topic); }
  // Takes hold of the log clients of the workers that run.
  void Attach(EmbeddedCluster& cluster, const std::map<std::string, ProcessId>& workers);
  // From now on the next frame with partials is broken.
  void Arm(bool armed) { armed_ = armed; }

  Fault Before(const LogCall& call) override;
  std::optional<std::string> Rewrite(std::string_view topic, std::string_view value) override;

 private:
  DemoOptions::Break kind_;
  std::string shuffle_topic_;
  std::set<ProcessId> attached_;
  bool armed_ = false;
  bool done_ = false;
};

}  // namespace tidemark
