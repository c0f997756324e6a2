#include "cli/demo_faults.h"

#include "base/text.h"

namespace tidemark {
namespace {

constexpr const char* kKilled = "w2";
constexpr const char* kStopped = "w3";
constexpr double kKillAt = 0.2;
constexpr double kRestartAt = 0.35;
constexpr double kStopAt = 0.5;
constexpr int kZombieSteps = 2'000;

// Counts the commits that a woken zombie tries.
class CommitCounter final : public FaultHook {
 public:
  Fault Before(const LogCall& call) override {
    if (call.kind == LogCallKind::kCommit) ++commits_;
    return {};
  }
  int commits() const { return commits_; }

 private:
  int commits_ = 0;
};

std::size_t Running(const Worker& worker) {
  std::size_t running = 0;
  for (const TaskReport& report : worker.Reports())
    running += report.state == TaskState::kRunning ? 1 : 0;
  return running;
}

}  // namespace

DemoFaults::DemoFaults(EmbeddedCluster& cluster, const Clock& clock, Tell tell)
    : cluster_(cluster), clock_(clock), tell_(std::move(tell)) {}

void DemoFaults::StartWorkers(const std::map<std::string, CellStores*>& disks) {
  disks_ = disks;
  for (const auto& [id, disk] : disks_) workers_[id] = cluster_.StartWorker(id, disk);
}

void DemoFaults::Advance(double done) {
  KillOrRestart(done);
  if (killed_ == Stage::kOver) StopOrWake(done);
}

void DemoFaults::KillOrRestart(double done) {
  if (killed_ == Stage::kBefore && done >= kKillAt) {
    cluster_.Kill(workers_.at(kKilled));
    killed_ = Stage::kDown;
    tell_(StrCat("kill -9 of worker ", kKilled,
                 ": its tasks stand still until its silence is noticed (3 s)"));
  } else if (killed_ == Stage::kDown && done >= kRestartAt && TasksRunElsewhere(kKilled)) {
    workers_[kKilled] = cluster_.StartWorker(kKilled, disks_.at(kKilled));
    killed_ = Stage::kOver;
    tell_(StrCat("the others have taken over all tasks of ", kKilled,
                 "; it is started again with its old disk"));
  }
}

void DemoFaults::StopOrWake(double done) {
  if (stopped_ == Stage::kBefore && done >= kStopAt) {
    const auto& process = cluster_.workers().find(workers_.at(kStopped));
    if (process == cluster_.workers().end() || Running(*process->second->worker) == 0) return;
    cluster_.Pause(workers_.at(kStopped));
    stopped_ = Stage::kDown;
    tell_(StrCat("SIGSTOP of worker ", kStopped,
                 ": it holds its tasks and what it has read, and says nothing"));
  } else if (stopped_ == Stage::kDown && TasksRunElsewhere(kStopped)) {
    Wake();
    stopped_ = Stage::kOver;
  }
}

// The zombie goes on before it hears anything, as a process does that wakes in the middle of its
// work.
void DemoFaults::Wake() {
  const ProcessId process = workers_.at(kStopped);
  Worker& worker = *cluster_.workers().at(process)->worker;
  CommitCounter commits;
  cluster_.client(process)->SetFaults(&commits);
  const std::size_t before = Running(worker);
  for (int step = 0; step < kZombieSteps && Running(worker) == before; ++step)
    (void)worker.Step(clock_.Now());
  cluster_.client(process)->SetFaults(nullptr);
  zombie_refused_ = commits.commits() > 0 && Running(worker) < before;
  tell_(zombie_refused_ ? StrCat("SIGCONT of ", kStopped,
                                 ", now a zombie: it tried to commit and was refused (FENCED)")
                        : StrCat("SIGCONT of ", kStopped,
                                 ": it had nothing to commit and lets go of its tasks"));
  cluster_.Resume(process);
}

// True if every task is claimed by a living worker that is not `worker`.
bool DemoFaults::TasksRunElsewhere(const std::string& worker) const {
  Coordinator* leader = cluster_.leader();
  if (leader == nullptr) return false;
  std::size_t running = 0;
  for (const auto& [id, process] : workers_) {
    const auto found = cluster_.workers().find(process);
    if (id != worker && found != cluster_.workers().end())
      running += Running(*found->second->worker);
  }
  for (const auto& [task, owner] : leader->state().tasks) {
    if (!owner.worker || owner.worker->id == worker) return false;
  }
  return running == leader->state().tasks.size();
}

std::string DemoFaults::StateOf(const std::string& worker) const {
  if (worker == kKilled && killed_ == Stage::kDown) return "KILLED";
  if (worker == kStopped && stopped_ == Stage::kDown) return "STOPPED";
  return "running";
}

}  // namespace tidemark
