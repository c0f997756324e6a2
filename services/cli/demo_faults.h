// What the demo does to its cluster, each once: kills a worker and starts it again, stops another
// until its tasks have new owners and wakes it as a zombie. Everything is triggered by what the
// cluster shows, so it happens on any machine. A zombie that happens to have nothing to commit is
// stopped once more. Thread: one.
#pragma once

#include <functional>
#include <string>

#include "cli/demo_cluster.h"

namespace tidemark {

class DemoFaults {
 public:
  using Tell = std::function<void(std::string)>;
  DemoFaults(DemoCluster& cluster, Tell tell);

  // `done`: how much of the show is over, 0 to 1.
  Status Advance(double done, const DemoView& view);
  // True once every fault has happened and ended.
  bool Over() const { return killed_ == Stage::kOver && stopped_ == Stage::kOver; }
  // "running", "KILLED", "STOPPED".
  std::string StateOf(const std::string& worker) const;

 private:
  enum class Stage : std::uint8_t { kBefore, kDown, kWaking, kOver };
  Status KillOrRestart(double done, const DemoView& view);
  Status StopOrWake(double done, const DemoView& view);
  Status Wake();

  DemoCluster& cluster_;
  Tell tell_;
  Stage killed_ = Stage::kBefore;
  Stage stopped_ = Stage::kBefore;
  int stops_ = 0;
};

}  // namespace tidemark
