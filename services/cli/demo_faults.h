// What the demo does to its cluster, each once: kills a worker and starts it again, stops another
// until its tasks have new owners and wakes it as a zombie. Everything is triggered by what the
// cluster shows, so it happens on any machine. Thread: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "embedded/embedded_cluster.h"

namespace tidemark {

class DemoFaults {
 public:
  using Tell = std::function<void(std::string)>;
  DemoFaults(EmbeddedCluster& cluster, const Clock& clock, Tell tell);

  // Starts w1, w2, w3 with a disk each.
  void StartWorkers(const std::map<std::string, CellStores*>& disks);
  // `done`: how much of the show is over, 0 to 1.
  void Advance(double done);
  // True once every fault has happened and ended.
  bool Over() const { return killed_ == Stage::kOver && stopped_ == Stage::kOver; }
  bool zombie_refused() const { return zombie_refused_; }
  // "running", "KILLED", "STOPPED".
  std::string StateOf(const std::string& worker) const;
  const std::map<std::string, ProcessId>& workers() const { return workers_; }

 private:
  enum class Stage : std::uint8_t { kBefore, kDown, kOver };
  void KillOrRestart(double done);
  void StopOrWake(double done);
  void Wake();
  bool TasksRunElsewhere(const std::string& worker) const;

  EmbeddedCluster& cluster_;
  const Clock& clock_;
  Tell tell_;
  std::map<std::string, CellStores*> disks_;
  std::map<std::string, ProcessId> workers_;
  Stage killed_ = Stage::kBefore;
  Stage stopped_ = Stage::kBefore;
  bool zombie_refused_ = false;
};

}  // namespace tidemark
