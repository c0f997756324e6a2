#include "host/local_coordinator.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

// A Hello and the newest heartbeats; what a worker says is complete each time.
constexpr std::size_t kMostUnheard = 4;

Random SeedFromTheMachine() {
  std::random_device device;
  return Random((static_cast<std::uint64_t>(device()) << 32U) | device());
}

EventTime WallTime() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return EventTime(std::chrono::duration_cast<Duration>(since_epoch).count());
}

}  // namespace

LocalCoordinator::LocalCoordinator(Log* log, CoordinatorOptions options, WorkerIdentity worker,
                                   std::vector<PipelineFileOnDisk> files)
    : cluster_(options.cluster),
      worker_(std::move(worker)),
      coordinator_(log, std::move(options), SeedFromTheMachine()) {
  for (PipelineFileOnDisk& file : files) files_.push_back({.file = std::move(file)});
}

std::vector<DownwardContent> LocalCoordinator::Exchange(const std::vector<Upward>& messages,
                                                        MonotonicTime now) {
  coordinator_.Step(now);
  unheard_.insert(unheard_.end(), messages.begin(), messages.end());
  if (coordinator_.phase() == Coordinator::Phase::kLeading) {
    for (const Upward& message : std::exchange(unheard_, {})) coordinator_.Handle(message, now);
  } else if (unheard_.size() > kMostUnheard) {
    unheard_.erase(unheard_.begin() + 1);
  }
  if (coordinator_.phase() == Coordinator::Phase::kSteppedDown) {
    must_end_ = StrCat("FENCED: another process has taken over cluster '", cluster_, "' (",
                       coordinator_.reason(),
                       "). Only one tidemark-worker --pipeline may run per cluster; this one ends");
    return {};
  }
  if (coordinator_.phase() == Coordinator::Phase::kClaiming && !coordinator_.reason().empty() &&
      waits_for_ != coordinator_.reason()) {
    waits_for_ = coordinator_.reason();
    LogWarning(StrCat("cannot lead cluster '", cluster_, "' yet, trying on: ", waits_for_));
  }
  for (File& file : files_) Apply(file, now);
  LogHalts();
  std::vector<DownwardContent> down;
  for (Downward& message : coordinator_.TakeMessages()) {
    if (message.to == worker_) down.push_back(std::move(message.content));
  }
  return down;
}

void LocalCoordinator::Apply(File& file, MonotonicTime now) {
  if (file.request) {
    if (auto result = coordinator_.TakeResult(*file.request)) {
      file.request.reset();
      Take(file, *result, now);
    }
    return;
  }
  if (file.settled || now < file.next_try) return;
  if (coordinator_.phase() != Coordinator::Phase::kLeading) return;
  ApplyRequest request{.plan = file.file.plan, .text = file.file.text, .applied_at = WallTime()};
  file.request = coordinator_.ApplyPipeline(std::move(request));
}

void LocalCoordinator::Take(File& file, const Result<PipelineDefinition>& result,
                            MonotonicTime now) {
  const std::string& name = file.file.plan->name;
  if (!result.ok()) {
    file.next_try = now + kApplyAgain;
    if (result.status().code() == StatusCode::kUnavailable) file.next_try = now + Duration(1'000);
    if (file.refusal == result.status().message()) return;
    file.refusal = result.status().message();
    LogFailure(StrCat("pipeline '", name, "' (", file.file.path, ") is not applied: ", file.refusal,
                      ". It is tried again every ", kApplyAgain.count() / 1'000, " s"));
    return;
  }
  file.refusal.clear();
  if (result->state == PipelineState::kHalted && !std::exchange(file.resumed, true)) {
    LogInfo(StrCat("pipeline '", name, "' was HALTED (", result->reason,
                   ") and is resumed, since it is applied again"));
    file.request = coordinator_.SetPipelineState(name, PipelineState::kRunning);
    return;
  }
  file.settled = true;
  LogInfo(StrCat("pipeline '", name, "' is applied: incarnation ", result->incarnation.text(), ", ",
                 result->sources.size(), " source partitions, ", result->lanes, " lanes, ",
                 result->merges, " shuffle partitions"));
}

void LocalCoordinator::LogHalts() {
  if (coordinator_.phase() != Coordinator::Phase::kLeading) return;
  for (const auto& [name, pipeline] : coordinator_.state().pipelines) {
    const auto waits = [&wanted = pipeline->name](const File& file) {
      return !file.settled && file.file.plan->name == wanted;
    };
    if (std::any_of(files_.begin(), files_.end(), waits)) continue;
    std::string& logged = halted_[name];
    if (pipeline->state != PipelineState::kHalted || logged == pipeline->reason) continue;
    logged = pipeline->reason;
    LogFailure(StrCat("pipeline '", name, "' is HALTED: ", logged,
                      ". Other pipelines go on. When it is mended, resume it: start this process "
                      "again with its file"));
  }
}

}  // namespace tidemark
