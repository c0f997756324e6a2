// A whole cluster under a seed, in one thread: reads like a script.
//
//   Sim sim(Scenario::FromSeed(SeedFromEnv()));
//   sim.RunInput();       // input and troubles, both drawn from the seed
//   sim.RunUntilQuiet();  // no more troubles; sentinels end the input
//   CHECK(sim.Compare().none());
//
// The same seed gives the same run, byte for byte: everything that happens is a function of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "embedded/embedded_cluster.h"
#include "simulation/oracle.h"
#include "simulation/published.h"
#include "simulation/scenario.h"
#include "simulation/troubles.h"
#include "state/memory_cell_store.h"

namespace tidemark::simulation {

class Sim {
 public:
  explicit Sim(Scenario scenario);
  ~Sim();

  // Input and troubles for as long as the scenario says.
  void RunInput();
  // Troubles end, everyone is restarted or woken, sentinels are appended; runs until nothing is
  // left to do. False with a reason if that takes longer than kLongestEnd.
  bool RunUntilQuiet();
  Difference Compare() const;
  const std::string& failure() const { return failure_; }
  // Hash of everything published and of every offset: equal for two runs of one seed.
  std::uint64_t Fingerprint() const;

  // --- for scripts
  void Run(Duration time);
  void AppendRandomRecords(int count);
  ProcessId process(std::size_t worker) const { return slots_.at(worker)->process; }
  EmbeddedCluster& cluster() { return *cluster_; }
  // A process of the worker dies as if by kill -9 and stays away until the troubles end.
  void Kill(std::size_t worker);
  MemoryCellStores& disk(std::size_t worker) { return slots_.at(worker)->disk; }

 private:
  static constexpr Duration kTick{5};
  static constexpr Duration kLongestEnd{90'000};
  static constexpr int kStepsPerTick = 4;

  struct Slot {
    std::string id;
    ProcessId process;
    bool up = false;
    bool wanted = true;  // false: drained, stays away until the end
    MonotonicTime restart_at;
    std::optional<MonotonicTime> paused_until;
    std::unique_ptr<LogTroubles> troubles;
    MemoryCellStores disk;
    MemoryCellStores::Snapshot old_disk;
  };

  EmbeddedOptions Options();
  void Start();
  void Tick();
  void StartSlot(Slot& slot);
  void StartCoordinator();
  void MakeTroubles();
  void TroubleSlot(Slot& slot);
  void TroubleCoordinator();
  void MoveWorkers();
  void MeetDeaths();
  void BeDead(Slot& slot);
  void AppendRecord(std::size_t partition);
  void Append(std::size_t partition, SimRecord record);
  void AppendSentinels();
  void EndTroubles();
  std::string Situation() const;
  std::int64_t NowMs() const { return cluster_->log().WallMs(); }

  Scenario scenario_;
  Random random_;
  ManualClock clock_;
  MessageTroubles messages_;
  std::shared_ptr<const PipelinePlan> plan_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<LogTroubles>> coordinator_troubles_;
  std::unique_ptr<EmbeddedCluster> cluster_;
  std::unique_ptr<Published> published_;
  std::unique_ptr<MemoryLogClient> outside_;
  SimInput input_;
  std::optional<ProcessId> coordinator_;
  bool troubles_ = false;
  std::string failure_;
};

}  // namespace tidemark::simulation
