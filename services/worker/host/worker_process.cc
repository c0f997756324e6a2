#include "host/worker_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/stop_signal.h"
#include "base/text.h"
#include "config/load.h"
#include "host/command_line.h"
#include "host/local_coordinator.h"
#include "host/progress_line.h"
#include "host/remote_coordinator.h"
#include "host/status_pages.h"
#include "state_rocksdb/rocksdb_cell_stores.h"

namespace tidemark {
namespace {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
// Of the 5 s between SIGTERM and the end; the rest is for closing the clients.
constexpr Duration kDrainDeadline{3'500};
constexpr Duration kIdleWait{10};

int Fail(const Status& status) {
  std::fprintf(stderr, "tidemark-worker: %s\n", status.message().c_str());
  return kExitFailed;
}

Incarnation NewIncarnation() {
  std::random_device device;
  return Incarnation::FromBits((static_cast<std::uint64_t>(device()) << 32U) | device());
}

WorkerOptions OptionsOf(const Configuration& configuration) {
  WorkerOptions options;
  options.cluster = configuration.cluster;
  options.id = configuration.worker.id;
  options.address = configuration.worker.http;
  // The rest is for fetch queues (a quarter) and the stores' cache (an eighth).
  options.memory_bytes = configuration.worker.memory_bytes / 8 * 5;
  options.takeover.transaction_timeout = configuration.kafka.transaction_timeout;
  const auto threads = static_cast<std::size_t>(configuration.worker.task_threads);
  options.task_threads = threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : threads;
  options.tuning.source.commit_interval = configuration.worker.commit_interval;
  options.tuning.source.frame_budget =
      static_cast<std::uint32_t>(configuration.worker.frame_budget);
  options.tuning.merge.checkpoint_interval = configuration.worker.checkpoint_interval;
  return options;
}

CoordinatorOptions CoordinatorOptionsOf(const Configuration& configuration) {
  CoordinatorOptions options;
  options.cluster = configuration.cluster;
  options.session_timeout = configuration.coordinator.session_timeout;
  options.replication_factor =
      static_cast<std::int16_t>(configuration.coordinator.replication_factor);
  options.transaction_timeout = configuration.kafka.transaction_timeout;
  return options;
}

Result<SessionClientOptions> SessionOptionsOf(const Configuration& configuration) {
  SessionClientOptions options{.coordinators = configuration.worker.coordinators};
  TM_ASSIGN_OR_RETURN(const PemFiles pem, ReadPemFiles(configuration.tls));
  options.credentials = {pem.ca, pem.certificate, pem.key};
  return options;
}

// What one process consists of, from the configuration to the end.
class Process {
 public:
  Process(std::unique_ptr<Log> log, std::unique_ptr<CellStores> stores, WorkerOptions options,
          PlanLoader load_plan, const WorkerSettings& settings)
      : log_(std::move(log)),
        stores_(std::move(stores)),
        worker_({log_.get(), stores_.get(), std::move(load_plan), &clock_}, std::move(options),
                NewIncarnation()),
        pages_(clock_, settings) {}

  Log* log() { return log_.get(); }
  const Worker& worker() const { return worker_; }
  StatusPages& pages() { return pages_; }
  int Run(CoordinatorLink& link);

 private:
  void DrainWhenAsked(MonotonicTime now);
  void Step(CoordinatorLink& link, MonotonicTime now);
  std::optional<int> Ended(const CoordinatorLink& link, MonotonicTime now) const;

  std::unique_ptr<Log> log_;
  std::unique_ptr<CellStores> stores_;
  SteadyClock clock_;
  Worker worker_;
  ProgressLine progress_;
  StatusPages pages_;
  std::optional<MonotonicTime> draining_since_;
};

int Process::Run(CoordinatorLink& link) {
  while (true) {
    const MonotonicTime now = clock_.Now();
    DrainWhenAsked(now);
    Step(link, now);
    if (const auto code = Ended(link, now)) return *code;
    std::this_thread::sleep_for(kIdleWait);
  }
}

void Process::DrainWhenAsked(MonotonicTime now) {
  if (draining_since_ || !StopRequested()) return;
  draining_since_ = now;
  LogInfo("stopping: commits what was read, then leaves; a second signal ends at once");
  worker_.Drain();
}

void Process::Step(CoordinatorLink& link, MonotonicTime now) {
  (void)worker_.Step(now);
  for (const DownwardContent& message : link.Exchange(worker_.TakeMessages(now), now)) {
    worker_.Handle(message);
  }
  progress_.Step(worker_, now);
  pages_.Step(worker_, now);
}

std::optional<int> Process::Ended(const CoordinatorLink& link, MonotonicTime now) const {
  if (worker_.phase() == Worker::Phase::kLeft) {
    LogInfo("stopped: everything that was read is committed");
    return kExitDone;
  }
  if (worker_.phase() == Worker::Phase::kReplaced) return kExitFailed;
  if (link.must_end()) {
    LogFailure(*link.must_end());
    return kExitFailed;
  }
  if (!draining_since_ || now - *draining_since_ < kDrainDeadline) return std::nullopt;
  LogWarning(
      "stopped without the last commit, which did not come to its end in time; what was read "
      "since the one before will be read again");
  // Handles with calls under way may take long to close, and there is nothing left to lose.
  _exit(kExitDone);
}

Result<Configuration> Configure(const WorkerCommandLine& line) {
  TM_ASSIGN_OR_RETURN(LoadedConfiguration loaded,
                      LoadConfiguration(SourcesOfProcess(line.config, line.assignments)));
  return std::move(loaded.values);
}

Result<std::unique_ptr<CellStores>> OpenStores(const Configuration& configuration) {
  TM_ASSIGN_OR_RETURN(auto stores,
                      RocksDbCellStores::Create(RocksDbOptions::ForWorker(
                          configuration.worker.state_dir, configuration.worker.memory_bytes)));
  return std::unique_ptr<CellStores>(std::move(stores));
}

int RunConfigured(const Configuration& configuration, std::vector<PipelineFileOnDisk> files,
                  const LogFactory& open_log) {
  auto stores = OpenStores(configuration);
  if (!stores.ok()) return Fail(stores.status().Annotate("worker.state_dir"));
  auto log = open_log(configuration);
  if (!log.ok()) return Fail(log.status());
  Process process(std::move(log).value(), std::move(stores).value(), OptionsOf(configuration),
                  PlanLoaderOf(files), configuration.worker);
  if (const Status served = process.pages().Start(configuration.worker.http); !served.ok())
    return Fail(served.Annotate("worker.http"));
  LogInfo(StrCat("worker '", configuration.worker.id, "' of cluster '", configuration.cluster,
                 "' starts, brokers ", configuration.kafka.bootstrap_servers, ", state in ",
                 configuration.worker.state_dir));
  if (files.empty()) {
    auto session = SessionOptionsOf(configuration);
    if (!session.ok()) return Fail(session.status());
    RemoteCoordinator coordinators(std::move(session).value());
    return process.Run(coordinators);
  }
  LocalCoordinator coordinator(process.log(), CoordinatorOptionsOf(configuration),
                               process.worker().identity(), std::move(files));
  return process.Run(coordinator);
}

}  // namespace

int RunWorkerProcess(int argc, const char* const* argv, const LogFactory& open_log) {
  const ParsedCommandLine parsed = ParseWorkerCommandLine(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto configuration = Configure(parsed.values);
  if (!configuration.ok()) {
    std::fputs(configuration.status().message().c_str(), stderr);
    return kExitFailed;
  }
  SetUpLogging(configuration->log.level, configuration->log.format);
  auto files = ReadPipelineFiles(parsed.values.pipelines);
  if (!files.ok()) {
    std::fputs(files.status().message().c_str(), stderr);
    return kExitFailed;
  }
  InstallStopSignal();
  return RunConfigured(*configuration, std::move(files).value(), open_log);
}

}  // namespace tidemark
