#include "cli/demo_faults.h"

#include <algorithm>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr const char* kKilled = "w2";
constexpr const char* kStopped = "w3";
constexpr double kKillAt = 0.2;
constexpr double kRestartAt = 0.35;
constexpr double kStopAt = 0.5;
constexpr int kMostStops = 3;

bool RunsTasks(const DemoView& view, const std::string& worker) {
  return std::any_of(view.tasks.begin(), view.tasks.end(), [&](const DemoView::Task& task) {
    return task.running && task.worker == worker;
  });
}

// True if every task runs on a worker that is not `worker`.
bool AllRunElsewhere(const DemoView& view, const std::string& worker) {
  return !view.tasks.empty() &&
         std::all_of(view.tasks.begin(), view.tasks.end(), [&](const DemoView::Task& task) {
           return task.running && task.worker != worker;
         });
}

}  // namespace

DemoFaults::DemoFaults(DemoCluster& cluster, Tell tell)
    : cluster_(cluster), tell_(std::move(tell)) {}

Status DemoFaults::Advance(double done, const DemoView& view) {
  TM_RETURN_IF_ERROR(KillOrRestart(done, view));
  return killed_ == Stage::kOver ? StopOrWake(done, view) : Status();
}

Status DemoFaults::KillOrRestart(double done, const DemoView& view) {
  if (killed_ == Stage::kBefore && done >= kKillAt) {
    TM_RETURN_IF_ERROR(cluster_.Kill(kKilled));
    killed_ = Stage::kDown;
    tell_(StrCat("kill -9 of worker ", kKilled,
                 ": its tasks stand still until its silence is noticed (3 s)"));
  } else if (killed_ == Stage::kDown && done >= kRestartAt && AllRunElsewhere(view, kKilled)) {
    TM_RETURN_IF_ERROR(cluster_.StartWorker(kKilled));
    killed_ = Stage::kOver;
    tell_(StrCat("the others have taken over all tasks of ", kKilled,
                 "; it is started again with its old disk"));
  }
  return {};
}

Status DemoFaults::StopOrWake(double done, const DemoView& view) {
  if (stopped_ == Stage::kBefore && done >= kStopAt && RunsTasks(view, kStopped)) {
    TM_RETURN_IF_ERROR(cluster_.Stop(kStopped));
    stopped_ = Stage::kDown;
    ++stops_;
    tell_(StrCat("SIGSTOP of worker ", kStopped,
                 ": it holds its tasks and what it has read, and says nothing"));
  } else if (stopped_ == Stage::kWaking ||
             (stopped_ == Stage::kDown && AllRunElsewhere(view, kStopped))) {
    stopped_ = Stage::kWaking;
    return Wake();
  }
  return {};
}

Status DemoFaults::Wake() {
  TM_ASSIGN_OR_RETURN(const Awakening awakening, cluster_.Wake(kStopped));
  if (awakening == Awakening::kUnderWay) return {};
  if (awakening == Awakening::kRefused) {
    stopped_ = Stage::kOver;
    tell_(StrCat("SIGCONT of ", kStopped,
                 ", now a zombie: it tried to commit and was refused (FENCED)"));
    return {};
  }
  stopped_ = stops_ < kMostStops ? Stage::kBefore : Stage::kOver;
  tell_(StrCat("SIGCONT of ", kStopped, ": it had nothing to commit and lets go of its tasks"));
  return {};
}

std::string DemoFaults::StateOf(const std::string& worker) const {
  if (worker == kKilled && killed_ == Stage::kDown) return "KILLED";
  if (worker == kStopped && stopped_ == Stage::kDown) return "STOPPED";
  return "running";
}

}  // namespace tidemark
