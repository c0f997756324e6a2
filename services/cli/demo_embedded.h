// The demo's cluster in this process, on the embedded log. Thread: one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/temporary_folder.h"
#include "cli/commands.h"
#include "cli/demo_break.h"
#include "cli/demo_cluster.h"
#include "embedded/embedded_cluster.h"
#include "state_rocksdb/rocksdb_cell_stores.h"

namespace tidemark {

class EmbeddedDemoCluster final : public DemoCluster {
 public:
  // Both outlive it.
  EmbeddedDemoCluster(const DemoOptions& options, const DemoPipeline& pipeline);

  Result<PipelineNames> Start() override;
  Status End() override { return {}; }
  Log& log() override { return *client_; }
  Status Append(const DemoRecord& record) override;
  Status Flush() override { return {}; }
  Result<bool> Step() override;
  Status Look(DemoView& view) override;
  Status StartWorker(const std::string& id) override;
  Status Kill(const std::string& id) override;
  Status Stop(const std::string& id) override;
  Result<Awakening> Wake(const std::string& id) override;
  void Break() override { break_.Arm(true); }

 private:
  EmbeddedOptions Embedded(const DemoOptions& options) const;
  void LookAtTasks(DemoView& view);

  const DemoPipeline& pipeline_;
  SteadyClock clock_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::map<std::string, std::unique_ptr<RocksDbCellStores>> disks_;
  EmbeddedCluster cluster_;
  std::unique_ptr<MemoryLogClient> client_;
  std::map<std::string, ProcessId> workers_;
  DemoBreak break_;
};

}  // namespace tidemark
