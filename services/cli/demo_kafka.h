// The demo's cluster on real brokers: tidemark-coordinator and three tidemark-workers as processes,
// from the folder of the running program; the pipeline applied and looked at through the admin API.
//
// Cluster, pipeline and topics have a name that no other run has. What is written stands in the
// brokers until CleanUp; the logs of the processes in a folder below TMPDIR until the demo has gone
// well. Thread: one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/temporary_folder.h"
#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/demo_cluster.h"
#include "control/admin_client.h"
#include "log_kafka/kafka_log.h"
#include "log_kafka/plain_producer.h"

namespace tidemark {

class KafkaDemoCluster final : public DemoCluster {
 public:
  // Contacts nobody yet. Both outlive it. INVALID_ARGUMENT: a mistake in the configuration;
  // FAILED_PRECONDITION: the programs are not where they should be.
  static Result<std::unique_ptr<KafkaDemoCluster>> Open(const DemoOptions& options,
                                                        const DemoPipeline& pipeline);
  ~KafkaDemoCluster() override;

  Result<PipelineNames> Start() override;
  Status End() override;
  Log& log() override { return *log_; }
  Status Append(const DemoRecord& record) override;
  Status Flush() override;
  Result<bool> Step() override;
  Status Look(DemoView& view) override;
  Status StartWorker(const std::string& id) override;
  Status Kill(const std::string& id) override;
  Status Stop(const std::string& id) override;
  Result<Awakening> Wake(const std::string& id) override;
  void Break() override {}  // what the proof reads is falsified instead

  // Ends what still runs, deletes all topics of this run unless they are to be kept, and tells what
  // is left. UNAVAILABLE naming topics that could not be deleted.
  enum class Outcome : std::uint8_t { kWell, kBadly };
  Status CleanUp(Outcome outcome);

 private:
  KafkaDemoCluster(const DemoOptions& options, const DemoPipeline& pipeline)
      : options_(options), pipeline_(pipeline) {}
  Status FindPrograms();
  Status CreateInput();
  Status StartCoordinator();
  Status AwaitWorkers();
  Result<admin::v1::Pipeline> Apply();
  Result<std::unique_ptr<ChildProcess>> Run(const std::string& program, const std::string& name,
                                            const std::vector<std::string>& settings) const;
  // Why one of those that should run does not.
  Status Health();
  Status Describe(const std::string& name, ChildProcess& process) const;
  void EndAll();
  std::vector<std::string> Topics() const;

  const DemoOptions& options_;
  const DemoPipeline& pipeline_;
  std::string programs_;  // the folder
  KafkaLogOptions kafka_;
  SteadyClock clock_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<PlainProducer> producer_;
  bool created_ = false;  // there are topics of this run
  std::string server_;    // the coordinator's address
  std::unique_ptr<AdminClient> client_;
  std::map<std::string, std::unique_ptr<ChildProcess>> processes_;  // that should run, by name
  std::optional<PipelineNames> names_;
  std::optional<MonotonicTime> woken_;  // while it is not known what the zombie did
  std::size_t woken_log_size_ = 0;
};

}  // namespace tidemark
