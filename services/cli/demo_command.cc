// The demo: a coordinator, three workers, six partitions; calls at sixty times their speed; an
// outage, a kill, a zombie, an idle partition, a clock an hour ahead; then the proof.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/demo_embedded.h"
#include "cli/demo_faults.h"
#include "cli/demo_feed.h"
#include "cli/demo_kafka.h"
#include "cli/demo_proof.h"
#include "cli/demo_show.h"
#include "cli/demo_watch.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"

namespace tidemark {
namespace {

constexpr Duration kDrawEvery{250};
constexpr Duration kRateEvery{2'000};
// After the last record: the windows close within a commit interval or two; more is a defect.
constexpr Duration kPatience{60'000};

class Demo {
 public:
  Demo(const DemoOptions& options, const DemoPipeline& pipeline, DemoCluster& cluster)
      : options_(options),
        pipeline_(pipeline),
        cluster_(cluster),
        feed_(cluster, options),
        watch_(cluster, pipeline),
        faults_(cluster, [this](const std::string& event) { Tell(event); }) {}

  Status Start();
  Status Show();
  Status Close();
  Result<bool> Prove();

 private:
  Duration Elapsed() const { return clock_.Now() - begun_; }
  void Tell(const std::string& event) {
    show_.Tell(static_cast<std::uint64_t>(Elapsed().count() / 1'000), event);
  }
  Status Turn();
  Status Look();
  std::uint64_t RateOf(std::uint64_t records);
  void TellWhatShows();

  const DemoOptions& options_;
  const DemoPipeline& pipeline_;
  DemoCluster& cluster_;
  SteadyClock clock_;
  MonotonicTime begun_;
  PipelineNames names_;
  DemoShow show_;
  DemoFeed feed_;
  DemoWatch watch_;
  ControlWatermarks control_;
  DemoFaults faults_;
  MonotonicTime last_draw_;
  MonotonicTime rate_at_;
  std::uint64_t rate_records_ = 0;
  std::uint64_t rate_ = 0;
  bool broken_ = false;
  bool told_outage_ = false;
  bool told_idle_ = false;
  bool told_back_ = false;
  std::int64_t idle_position_ = 0;
  bool told_future_ = false;
};

Status Demo::Start() {
  begun_ = clock_.Now();
  TM_ASSIGN_OR_RETURN(names_, cluster_.Start());
  TM_RETURN_IF_ERROR(watch_.Start(names_));
  TM_RETURN_IF_ERROR(control_.Follow(cluster_.log(), names_));
  TM_RETURN_IF_ERROR(watch_.Look(faults_));
  begun_ = clock_.Now();
  rate_at_ = begun_;
  const auto& tasks = watch_.view().tasks;
  const auto lanes = std::count_if(tasks.begin(), tasks.end(), [](const DemoView::Task& task) {
    return task.kind == TaskId::Kind::kLane;
  });
  Tell(StrCat("pipeline ", names_.pipeline, " runs: ", DemoFeed::kPartitions, " partitions, ",
              lanes, " lanes, ", pipeline_.plan->shuffle_partitions, " merges on ",
              kDemoWorkers.size(), " workers"));
  return {};
}

Status Demo::Look() {
  if (clock_.Now() - last_draw_ < kDrawEvery) return {};
  last_draw_ = clock_.Now();
  TM_RETURN_IF_ERROR(watch_.Look(faults_));
  TM_RETURN_IF_ERROR(control_.Drain());
  TellWhatShows();
  DemoSnapshot snapshot;
  snapshot.elapsed_s = static_cast<std::uint64_t>(Elapsed().count() / 1'000);
  snapshot.total_s = options_.seconds;
  snapshot.seed = options_.seed;
  watch_.Fill(snapshot);
  snapshot.records_per_s = RateOf(snapshot.records);
  show_.Draw(snapshot);
  return {};
}

// Workers of other processes tell what they have read once a second, so it is measured over more.
std::uint64_t Demo::RateOf(std::uint64_t records) {
  const Duration since = clock_.Now() - rate_at_;
  if (since < kRateEvery) return rate_;
  const std::uint64_t read = records > rate_records_ ? records - rate_records_ : 0;
  rate_ = read * 1'000 / static_cast<std::uint64_t>(since.count());
  rate_at_ = clock_.Now();
  rate_records_ = records;
  return rate_;
}

void Demo::TellWhatShows() {
  const Duration event_time = Elapsed() * DemoFeed::kSpeed;
  const Incident& outage = feed_.incidents().front();
  if (!told_outage_ && event_time >= outage.from) {
    told_outage_ = true;
    Tell(StrCat("carrier ", outage.carrier, " fails from now on: a quarter of its usual answers"));
  }
  const auto future = watch_.dead_letters().find("FUTURE_TIMESTAMP");
  if (!told_future_ && future != watch_.dead_letters().end()) {
    told_future_ = true;
    Tell(
        "one clock is an hour ahead: its events go to the dead-letter topic, the watermark does "
        "not move");
  }
  const std::string state = watch_.StateOf(DemoFeed::kIdlePartition);
  if (!told_idle_ && (state == "IDLE" || state == "ALL_IDLE")) {
    told_idle_ = true;
    idle_position_ = watch_.PositionOf(DemoFeed::kIdlePartition);
    Tell(StrCat(
        "partition ", DemoFeed::kIdlePartition, " is proven idle",
        state == "IDLE" ? ": its owner commits its watermark forward" : ", as all others are"));
  }
  if (told_idle_ && !told_back_ && watch_.PositionOf(DemoFeed::kIdlePartition) > idle_position_) {
    told_back_ = true;
    Tell(StrCat("partition ", DemoFeed::kIdlePartition, " receives again"));
  }
}

// One round of everything; a short sleep when nobody has anything to do.
Status Demo::Turn() {
  if (Interrupted()) return {StatusCode::kCancelled, "interrupted", Blame::kUser};
  TM_ASSIGN_OR_RETURN(const bool worked, cluster_.Step());
  if (!worked) std::this_thread::sleep_for(Duration(1));
  return Look();
}

Status Demo::Show() {
  const Duration length(static_cast<std::int64_t>(options_.seconds) * 1'000);
  while (Elapsed() < length || !faults_.Over() || !told_idle_) {
    if (Elapsed() > length + kPatience)
      return Status::Internal("the planted faults did not all come about");
    if (told_idle_) TM_RETURN_IF_ERROR(feed_.EndIdleness());
    TM_RETURN_IF_ERROR(feed_.Advance(std::min(Elapsed(), length)));
    TM_RETURN_IF_ERROR(faults_.Advance(
        static_cast<double>(Elapsed().count()) / static_cast<double>(length.count()),
        watch_.view()));
    if (!broken_ && Elapsed() > length / 3) {
      broken_ = true;
      cluster_.Break();
    }
    TM_RETURN_IF_ERROR(Turn());
  }
  return {};
}

Status Demo::Close() {
  TM_RETURN_IF_ERROR(feed_.Finish());
  Tell("the calls end; waiting until every window is final");
  const MonotonicTime begun = clock_.Now();
  while (!watch_.FinalThrough(feed_.end())) {
    if (clock_.Now() - begun > kPatience) return Status::Internal("the windows did not all close");
    TM_RETURN_IF_ERROR(Turn());
  }
  last_draw_ = {};
  TM_RETURN_IF_ERROR(Look());
  show_.End();
  return cluster_.End();
}

Result<bool> Demo::Prove() {
  Tell("proof: a batch computation of its own over the raw input, against every committed row");
  TM_RETURN_IF_ERROR(control_.DrainToEnd());
  DemoEvidence evidence{cluster_.log(), names_, pipeline_, control_};
  if (!options_.kafka.bootstrap.empty()) evidence.falsified = options_.broken;
  return ProveRun(evidence);
}

Result<bool> ShowAndProve(const DemoOptions& options, const DemoPipeline& pipeline,
                          DemoCluster& cluster) {
  Demo demo(options, pipeline, cluster);
  for (const auto& part : {&Demo::Start, &Demo::Show, &Demo::Close}) {
    TM_RETURN_IF_ERROR((demo.*part)());
  }
  return demo.Prove();
}

Result<bool> RunEmbedded(const DemoOptions& options) {
  TM_ASSIGN_OR_RETURN(const DemoPipeline pipeline, MakeDemoPipeline(""));
  EmbeddedDemoCluster cluster(options, pipeline);
  return ShowAndProve(options, pipeline, cluster);
}

Result<bool> RunOnKafka(const DemoOptions& options) {
  TM_ASSIGN_OR_RETURN(const DemoPipeline pipeline, MakeDemoPipeline(NewDemoId()));
  TM_ASSIGN_OR_RETURN(const auto cluster, KafkaDemoCluster::Open(options, pipeline));
  const auto holds = ShowAndProve(options, pipeline, *cluster);
  const Status cleaned = cluster->CleanUp(holds.ok() && *holds ? KafkaDemoCluster::Outcome::kWell
                                                               : KafkaDemoCluster::Outcome::kBadly);
  if (!holds.ok()) return holds;
  if (!cleaned.ok()) return cleaned;
  return holds;
}

}  // namespace

int RunDemo(const DemoOptions& options) {
  WatchInterrupts();
  const auto holds = options.kafka.bootstrap.empty() ? RunEmbedded(options) : RunOnKafka(options);
  if (holds.ok()) return *holds ? kExitDone : kExitFailed;
  std::printf("The demo failed: %s\n", holds.status().message().c_str());
  return kExitFailed;
}

}  // namespace tidemark
