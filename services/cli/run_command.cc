#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/log_line.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/demo_panel.h"
#include "cli/exit_code.h"
#include "cli/input_feed.h"
#include "cli/progress_line.h"
#include "cli/result_files.h"
#include "config/load.h"
#include "embedded/embedded_cluster.h"
#include "query/planner.h"
#include "state_rocksdb/rocksdb_cell_stores.h"

namespace tidemark {
namespace {

// Of the run's own clock, which stands still while anything can be done. Idle is only ever proven
// after the end of the input: before it, every partition is kept stocked.
constexpr Duration kTick{5};
constexpr Duration kIdleAfter{1'000};
// A run that does nothing for so long is stuck: a defect, said instead of waited for.
constexpr Duration kStuck{600'000};

// The plan as files need it: one input topic whose partitions are the files, one partition per
// result topic, and time that goes to the end of the last window once every file is read.
std::shared_ptr<const PipelinePlan> ForFiles(const PipelinePlan& plan) {
  auto changed = std::make_shared<PipelinePlan>(plan);
  changed->topics.resize(1);
  changed->start = {};
  changed->watermark.idle_after = kIdleAfter;
  changed->watermark.close_after = Duration(0);
  changed->watermark.trusted_time_required = false;
  changed->sink_topics = {.create = true, .replication_factor = 1, .partitions = 1};
  return changed;
}

// One run: the cluster, what goes into it and what comes out.
class FileRun {
 public:
  FileRun(const RunOptions& options, std::shared_ptr<const PipelinePlan> plan, std::string text)
      : options_(options),
        plan_(ForFiles(*plan)),
        text_(std::move(text)),
        cluster_(clock_, Embedded()) {}

  Status Run(const std::vector<std::string>& files);
  void PrintSummary() const;

 private:
  EmbeddedOptions Embedded() {
    EmbeddedOptions embedded;
    embedded.load_plan =
        [plan = plan_](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
      return plan;
    };
    return embedded;
  }
  Status Start(std::int32_t partitions);
  Status Loop(InputFeed& feed);
  void ReadStatuses(std::size_t sources);
  bool Finished(const InputFeed& feed) const;

  const RunOptions& options_;
  ManualClock clock_;
  std::shared_ptr<const PipelinePlan> plan_;
  std::string text_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::vector<std::unique_ptr<RocksDbCellStores>> stores_;
  EmbeddedCluster cluster_;
  std::unique_ptr<MemoryLogClient> client_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<ResultFiles> results_;
  PipelineNames names_;
  std::vector<Offset> positions_;
  bool all_idle_ = false;
  bool merges_empty_ = false;
};

Status FileRun::Start(std::int32_t partitions) {
  TM_ASSIGN_OR_RETURN(folder_, TemporaryFolder::Create());
  client_ = cluster_.log().NewClient("run");
  admin_ = client_->NewAdmin();
  const TopicSpec input{plan_->topics.front(),
                        partitions,
                        1,
                        {{"message.timestamp.type", "CreateTime"}, {"retention.ms", "-1"}}};
  const LogStatus created = admin_->CreateTopic(input, Duration(0));
  if (!created.ok()) return Status::Internal(StrCat("topic ", input.name, ": ", created.message));
  cluster_.StartCoordinator();
  for (std::uint32_t i = 1; i <= options_.workers; ++i) {
    TM_ASSIGN_OR_RETURN(auto stores,
                        RocksDbCellStores::Create({.state_dir = folder_->Sub(StrCat("w", i))}));
    stores_.push_back(std::move(stores));
    cluster_.StartWorker(StrCat("w", i), stores_.back().get());
  }
  ApplyRequest request{.plan = plan_, .text = text_};
  TM_ASSIGN_OR_RETURN(const PipelineDefinition pipeline,
                      cluster_.ApplyAndWait(request, [this] { clock_.Advance(kTick); }));
  names_ = {"demo", pipeline.name, pipeline.incarnation};
  results_ = std::make_unique<ResultFiles>(*client_, options_.output);
  for (const auto& [topic, count] : pipeline.sink_partitions) {
    TM_RETURN_IF_ERROR(results_->Add({topic, ResultFiles::Form::kRows}, count));
  }
  TM_RETURN_IF_ERROR(results_->Add({names_.LateTopic(), ResultFiles::Form::kSideRecords}, 1));
  return results_->Add({names_.DeadLetterTopic(), ResultFiles::Form::kSideRecords}, 1);
}

Status FileRun::Run(const std::vector<std::string>& files) {
  TM_RETURN_IF_ERROR(Start(static_cast<std::int32_t>(files.size())));
  TM_ASSIGN_OR_RETURN(InputFeed feed,
                      InputFeed::Open(cluster_.log(), plan_->topics.front(), files));
  positions_.resize(files.size());
  TM_RETURN_IF_ERROR(Loop(feed));
  TM_RETURN_IF_ERROR(results_->Drain());
  return results_->Close();
}

Status FileRun::Loop(InputFeed& feed) {
  ProgressLine progress("records", feed.total_records());
  MonotonicTime last_change = clock_.Now();
  std::uint64_t read = 0;
  while (!Finished(feed)) {
    ReadStatuses(positions_.size());
    TM_RETURN_IF_ERROR(feed.Refill(positions_, *admin_));
    TM_RETURN_IF_ERROR(cluster_.Health());
    for (int step = 0; step < 64 && cluster_.Step(); ++step) {
    }
    clock_.Advance(kTick);
    TM_RETURN_IF_ERROR(results_->Drain());
    std::uint64_t now_read = 0;
    for (const Offset position : positions_)
      now_read += static_cast<std::uint64_t>(position.value());
    if (now_read != read) last_change = clock_.Now();
    read = now_read;
    progress.Update(read);
    if (clock_.Now() - last_change > kStuck)
      return Status::Internal("the run makes no progress; this is a defect");
  }
  progress.Finish(read);
  return {};
}

void FileRun::ReadStatuses(std::size_t sources) {
  std::size_t idle = 0;
  std::size_t merges = 0;
  for (const auto& [task, status] : cluster_.Statuses()) {
    if (const auto* lane = std::get_if<SourceTaskStatus>(&status)) {
      for (const auto& source : lane->sources) {
        positions_[source.ordinal.value()] = source.position;
        if (source.state == SourceState::kAllIdle) ++idle;
      }
      continue;
    }
    const auto& merge = std::get<MergeTaskStatus>(status);
    const auto ends =
        admin_->Ends({names_.ShuffleTopic(), Partition(static_cast<std::int32_t>(task.task.index))},
                     Duration(0));
    // Behind the last frame lies at most the marker of its transaction.
    const bool read =
        ends.ok() && merge.next_frame.value() + 1 >= ends.value->high_watermark.value();
    if (read && merge.open_cells == 0 && merge.phase == MergeTaskStatus::Phase::kRunning) ++merges;
  }
  all_idle_ = idle == sources;
  merges_empty_ = merges == plan_->shuffle_partitions;
}

bool FileRun::Finished(const InputFeed& feed) const {
  return feed.ended() && all_idle_ && merges_empty_ && positions_ == feed.ends();
}

void FileRun::PrintSummary() const {
  for (const QueryPlan& query : plan_->queries) {
    for (const SinkPlan& sink : query.sinks) {
      std::fprintf(stderr, "%s: %s rows in %s/%s.ndjson\n", query.name.c_str(),
                   WithThousands(results_->written(sink.topic)).c_str(), options_.output.c_str(),
                   sink.topic.c_str());
    }
  }
  for (const std::string& topic : {names_.LateTopic(), names_.DeadLetterTopic()}) {
    const std::uint64_t records = results_->written(topic);
    if (records == 0) continue;
    std::fprintf(stderr, "%s records in %s/%s.ndjson\n", WithThousands(records).c_str(),
                 options_.output.c_str(), topic.c_str());
  }
}

}  // namespace

int RunFiles(const RunOptions& options) {
  auto source = ReadPipelineSource(options.pipeline, ProcessEnvironment(), ReadWholeFile);
  if (!source.ok()) return FailWith("run", source.status());
  const PlanResult planned = PlanPipeline(*source);
  if (!planned.ok()) {
    std::fputs(RenderDiagnostics(planned.diagnostics, source->text).c_str(), stderr);
    return kExitFailed;
  }
  const auto files = ExpandInputs(options.inputs);
  if (!files.ok()) return FailWith("run", files.status());
  FileRun run(options, planned.plan, source->text);
  if (const Status status = run.Run(*files); !status.ok()) return FailWith("run", status);
  run.PrintSummary();
  return kExitDone;
}

}  // namespace tidemark
