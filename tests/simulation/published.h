// What a run has published, read from the log from outside, and where its tasks stand.
#pragma once

#include <map>
#include <string>

#include "log_memory/memory_log.h"
#include "session/session.h"
#include "simulation/oracle.h"

namespace tidemark::simulation {

class Published {
 public:
  // `log` outlives this.
  Published(MemoryLog* log, PipelineDefinition pipeline);

  // Collects the IDLE advances of frames committed since the last call. Call it often: frames are
  // dropped once every merge has got past them.
  void HarvestFrames(SimInput& input);
  // Everything published so far.
  Output Read(const Scenario& scenario) const;
  // True if every source partition is read to its end, every frame is applied and no closing is
  // half done.
  bool CaughtUp() const;
  // Grows with everything written to the pipeline's internal topics.
  std::int64_t Activity() const;

 private:
  void ReadRows(const std::string& topic, std::int32_t partitions, Output& out) const;
  void ReadSide(const std::string& topic, std::map<std::string, std::vector<std::string>>& out,
                std::string_view header) const;
  void ReadLedger(Output& out) const;
  void ReadReceived(const Scenario& scenario, Output& out) const;
  std::optional<std::string> NewestProgress(TaskId task) const;
  Offset LastFrame(const TopicPartition& partition) const;
  Offset End(const TopicPartition& partition) const;

  MemoryLog* log_;
  PipelineDefinition pipeline_;
  PipelineNames names_;
  std::unique_ptr<MemoryLogClient> client_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
};

}  // namespace tidemark::simulation
