// The demo: a coordinator, three workers, six partitions and the log in this process; calls at
// sixty times their speed; an outage, a kill, a zombie, an idle partition, a clock an hour ahead;
// then the proof.
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/log_line.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/demo_break.h"
#include "cli/demo_faults.h"
#include "cli/demo_feed.h"
#include "cli/demo_proof.h"
#include "cli/demo_show.h"
#include "cli/demo_watch.h"
#include "cli/exit_code.h"
#include "cli/voice_pipeline.h"
#include "cli/working_folder.h"
#include "embedded/embedded_cluster.h"
#include "query/planner.h"
#include "state_rocksdb/rocksdb_cell_stores.h"

namespace tidemark {
namespace {

constexpr Duration kIdleAfter{2'000};
constexpr Duration kDrawEvery{250};
// After the last record: the windows close within a commit interval or two; more is a defect.
constexpr Duration kPatience{60'000};

// The voice pipeline of config/pipelines/voice.yaml; partitions are idle sooner, since wall time is
// sixty times dearer.
Result<std::shared_ptr<const PipelinePlan>> PlanVoice() {
  const PlanResult planned = PlanPipeline({.file = "voice.yaml", .text = kVoicePipeline});
  if (!planned.ok())
    return Status::Internal(RenderDiagnostics(planned.diagnostics, kVoicePipeline));
  auto plan = std::make_shared<PipelinePlan>(*planned.plan);
  plan->watermark.idle_after = kIdleAfter;
  return std::shared_ptr<const PipelinePlan>(plan);
}

class Demo {
 public:
  Demo(const DemoOptions& options, std::shared_ptr<const PipelinePlan> plan)
      : options_(options),
        plan_(std::move(plan)),
        cluster_(clock_, Embedded()),
        client_(cluster_.log().NewClient("demo")),
        feed_(cluster_.log(), options),
        watch_(cluster_, *client_, *plan_),
        control_(*client_),
        faults_(cluster_, clock_, [this](const std::string& event) { Tell(event); }),
        break_(options.broken) {}

  Status Start();
  Status Show();
  Status Close();
  Result<bool> Prove();

 private:
  EmbeddedOptions Embedded() const;
  Duration Elapsed() const { return clock_.Now() - begun_; }
  void Tell(const std::string& event) {
    show_.Tell(static_cast<std::uint64_t>(Elapsed().count() / 1'000), event);
  }
  Status Turn();
  Status Look();
  void TellWhatShows();

  const DemoOptions& options_;
  std::shared_ptr<const PipelinePlan> plan_;
  SteadyClock clock_;
  MonotonicTime begun_;
  WorkingFolder folder_;
  std::map<std::string, std::unique_ptr<RocksDbCellStores>> disks_;
  EmbeddedCluster cluster_;
  std::unique_ptr<MemoryLogClient> client_;
  PipelineNames names_;
  DemoShow show_;
  DemoFeed feed_;
  DemoWatch watch_;
  ControlWatermarks control_;
  DemoFaults faults_;
  DemoBreak break_;
  MonotonicTime last_draw_;
  std::uint64_t last_records_ = 0;
  bool told_outage_ = false;
  bool told_idle_ = false;
  bool told_back_ = false;
  std::int64_t idle_position_ = 0;
  bool told_future_ = false;
};

EmbeddedOptions Demo::Embedded() const {
  EmbeddedOptions embedded;
  embedded.seed = options_.seed;
  // The proof reads the frames afterwards.
  embedded.coordinator.retention_interval = Duration(std::chrono::hours(24));
  embedded.worker.tuning.merge.checkpoint_interval = Duration(2'000);
  embedded.load_plan =
      [plan = plan_](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
    return plan;
  };
  return embedded;
}

Status Demo::Start() {
  TM_RETURN_IF_ERROR(folder_.Make());
  begun_ = clock_.Now();
  cluster_.StartCoordinator();
  std::map<std::string, CellStores*> disks;
  for (const char* id : {"w1", "w2", "w3"}) {
    TM_ASSIGN_OR_RETURN(disks_[id], RocksDbCellStores::Create({.state_dir = folder_.Sub(id)}));
    disks[id] = disks_[id].get();
  }
  faults_.StartWorkers(disks);
  // Event time outruns the wall's, so the topic must take timestamps far ahead of it.
  const TopicSpec input{DemoFeed::kTopic,
                        DemoFeed::kPartitions,
                        1,
                        {{"message.timestamp.type", "CreateTime"},
                         {"message.timestamp.after.max.ms", "9223372036854775807"}}};
  const LogStatus created = client_->NewAdmin()->CreateTopic(input, Duration(0));
  if (!created.ok()) return Status::Internal(created.message);
  const ApplyRequest request{.plan = plan_, .text = kVoicePipeline, .applied_at = EventTime(0)};
  TM_ASSIGN_OR_RETURN(const PipelineDefinition pipeline,
                      cluster_.ApplyAndWait(request, [] { std::this_thread::yield(); }));
  names_ = {CoordinatorOptions().cluster, pipeline.name, pipeline.incarnation};
  break_.Begin(names_.ShuffleTopic());
  TM_RETURN_IF_ERROR(watch_.Start(names_));
  TM_RETURN_IF_ERROR(control_.Follow(names_));
  begun_ = clock_.Now();
  Tell(StrCat("pipeline ", pipeline.name, " runs: ", pipeline.sources.size(), " partitions, ",
              pipeline.lanes, " lanes, ", pipeline.merges, " merges on 3 workers"));
  return {};
}

Status Demo::Look() {
  if (clock_.Now() - last_draw_ < kDrawEvery) return {};
  const Duration since = clock_.Now() - last_draw_;
  last_draw_ = clock_.Now();
  TM_RETURN_IF_ERROR(cluster_.Health());
  TM_RETURN_IF_ERROR(watch_.Look(faults_));
  TM_RETURN_IF_ERROR(control_.Drain());
  TellWhatShows();
  DemoSnapshot snapshot;
  snapshot.elapsed_s = static_cast<std::uint64_t>(Elapsed().count() / 1'000);
  snapshot.total_s = options_.seconds;
  snapshot.seed = options_.seed;
  watch_.Fill(snapshot);
  const std::uint64_t read =
      snapshot.records > last_records_ ? snapshot.records - last_records_ : 0;
  snapshot.records_per_s =
      read * 1'000 / static_cast<std::uint64_t>(std::max<std::int64_t>(1, since.count()));
  last_records_ = snapshot.records;
  show_.Draw(snapshot);
  return {};
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
  const auto state = watch_.StateOf(DemoFeed::kIdlePartition);
  if (!told_idle_ && state == SourceState::kIdle) {
    told_idle_ = true;
    idle_position_ = watch_.PositionOf(DemoFeed::kIdlePartition);
    Tell(StrCat("partition ", DemoFeed::kIdlePartition,
                " is proven idle: its owner commits its watermark forward"));
  }
  if (told_idle_ && !told_back_ && watch_.PositionOf(DemoFeed::kIdlePartition) > idle_position_) {
    told_back_ = true;
    Tell(StrCat("partition ", DemoFeed::kIdlePartition, " receives again"));
  }
}

// One round of the whole process; a short sleep when nobody has anything to do.
Status Demo::Turn() {
  bool worked = false;
  for (int step = 0; step < 16; ++step) worked = cluster_.Step() || worked;
  break_.Attach(cluster_, faults_.workers());
  if (!worked) std::this_thread::sleep_for(Duration(1));
  return Look();
}

Status Demo::Show() {
  const Duration length(static_cast<std::int64_t>(options_.seconds) * 1'000);
  while (Elapsed() < length || !faults_.Over()) {
    if (Elapsed() > length + kPatience)
      return Status::Internal("the planted faults did not all come about");
    feed_.Advance(std::min(Elapsed(), length));
    faults_.Advance(static_cast<double>(Elapsed().count()) / static_cast<double>(length.count()));
    break_.Arm(Elapsed() > length / 3);
    TM_RETURN_IF_ERROR(Turn());
  }
  return {};
}

Status Demo::Close() {
  feed_.Finish();
  Tell("the calls end; waiting until every window is final");
  const MonotonicTime begun = clock_.Now();
  while (!watch_.FinalThrough(feed_.end())) {
    if (clock_.Now() - begun > kPatience) return Status::Internal("the windows did not all close");
    TM_RETURN_IF_ERROR(Turn());
  }
  last_draw_ = {};
  TM_RETURN_IF_ERROR(Look());
  show_.End();
  return {};
}

Result<bool> Demo::Prove() {
  Tell("proof: a batch computation of its own over the raw input, against every committed row");
  TM_RETURN_IF_ERROR(control_.Drain());
  return ProveRun({*client_, names_, *plan_, control_});
}

int Fail(const Status& status) {
  std::printf("The demo failed: %s\n", status.message().c_str());
  return kExitFailed;
}

}  // namespace

int RunDemo(const DemoOptions& options) {
  auto plan = PlanVoice();
  if (!plan.ok()) return Fail(plan.status());
  Demo demo(options, *plan);
  for (const auto& part : {&Demo::Start, &Demo::Show, &Demo::Close}) {
    if (const Status status = (demo.*part)(); !status.ok()) return Fail(status);
  }
  const auto holds = demo.Prove();
  if (!holds.ok()) return Fail(holds.status());
  return *holds ? kExitDone : kExitFailed;
}

}  // namespace tidemark
