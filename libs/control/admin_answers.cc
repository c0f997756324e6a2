#include "control/admin_answers.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "query/explain.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

// How many entries a page has.
Result<std::size_t> SizeOf(const PageRequest& page) {
  if (page.size < 0 || page.size > kMostPage) {
    return Status::Invalid(
        StrCat("page_size is ", page.size, ": 1 to ", kMostPage, ", or 0 for ", kUsualPage));
  }
  return static_cast<std::size_t>(page.size == 0 ? kUsualPage : page.size);
}

// Gives `take` the entries behind the token, in order of their keys; returns the next page's token:
// the key of the last entry of this one.
template <class Entries, class Take>
Result<std::string> TakePage(const Entries& entries, const PageRequest& page, Take take) {
  TM_ASSIGN_OR_RETURN(const std::size_t size, SizeOf(page));
  std::size_t taken = 0;
  std::string last;
  for (const auto& entry : entries) {
    if (!page.token.empty() && entry.first <= page.token) continue;
    if (taken == size) return last;
    take(entry.second);
    last = entry.first;
    ++taken;
  }
  return std::string();
}

std::vector<TaskAddress> TasksOf(const PipelineDefinition& pipeline) {
  std::vector<TaskAddress> tasks;
  for (const TaskId& task : pipeline.Tasks()) {
    tasks.push_back({pipeline.name, pipeline.incarnation, task});
  }
  return tasks;
}

bool Runs(const ClusterView& view, const TaskAddress& task) {
  const TaskReport* report = view.ReportOf(task);
  return report != nullptr && report->state == TaskState::kRunning;
}

bool AnyOwned(const ClusterView& view, const PipelineDefinition& pipeline) {
  for (const TaskAddress& task : TasksOf(pipeline)) {
    const auto owner = view.state.tasks.find(task);
    if (owner != view.state.tasks.end() && owner->second.worker) return true;
  }
  return false;
}

void FillPlan(const PipelinePlan& plan, Detail detail, pb::Pipeline& out) {
  for (const QueryPlan& query : plan.queries) {
    pb::Query& to = *out.add_queries();
    to.set_name(query.name);
    to.set_instance(query.instance.value());
    to.set_window(query.window.ToString());
    to.set_allowed_lateness(FormatDuration(query.allowed_lateness));
    for (const SinkPlan& sink : query.sinks) to.add_topics(sink.topic);
  }
  if (detail == Detail::kList) return;
  for (const std::string& warning : plan.warnings) out.add_warnings(warning);
  PipelinePlan resolved = plan;
  resolved.lanes = out.lanes();
  out.set_explanation(ExplainPlan(resolved));
}

void FillSources(const PipelineDefinition& pipeline, pb::Pipeline& out) {
  for (std::size_t s = 0; s < pipeline.sources.size(); ++s) {
    pb::SourcePartition& source = *out.add_sources();
    source.set_topic(pipeline.sources[s].topic);
    source.set_partition(pipeline.sources[s].partition.value());
    source.set_start_offset(pipeline.start_offsets[s].value());
  }
}

std::string StateText(const TaskReport& report) {
  const bool restores =
      report.state == TaskState::kRunning && report.merge && report.merge->replay_ratio < 1;
  return restores ? "RESTORING" : std::string(TaskStateName(report.state));
}

pb::Task DescribeTask(const ClusterView& view, const TaskAddress& task, const TaskOwner& owner) {
  pb::Task out;
  out.set_name(task.ToString());
  out.set_pipeline(task.pipeline);
  out.set_epoch(owner.epoch.value());
  if (!owner.worker) {
    const PipelineDefinition* pipeline = view.state.Find(task.pipeline, task.incarnation);
    const bool wanted = pipeline != nullptr && pipeline->state == PipelineState::kRunning;
    out.set_state(wanted || pipeline == nullptr ? "UNASSIGNED"
                                                : std::string(PipelineStateName(pipeline->state)));
    if (wanted && view.workers.empty()) out.set_reason("there is no worker: start tidemark-worker");
    return out;
  }
  out.set_worker(owner.worker->id);
  const TaskReport* report = view.ReportOf(task);
  if (report == nullptr) {
    out.set_state("ASSIGNED");
    out.set_reason("its worker has not reported it yet");
    return out;
  }
  out.set_state(StateText(*report));
  out.set_reason(report->reason);
  if (report->merge) out.set_restored(report->merge->replay_ratio);
  return out;
}

template <class Range>
std::string Suggest(std::string_view name, const Range& names) {
  const std::string_view nearest = Nearest(name, names);
  if (!nearest.empty()) return StrCat("; did you mean '", nearest, "'?");
  if (names.empty()) return "; there is none";
  const std::string all = Join(names, ", ");
  return all.size() > 200 ? "" : StrCat("; there are: ", all);
}

}  // namespace

pb::PipelineState StateOf(const ClusterView& view, const PipelineDefinition& pipeline) {
  const std::vector<TaskAddress> tasks = TasksOf(pipeline);
  switch (pipeline.state) {
    case PipelineState::kRunning:
      return std::all_of(tasks.begin(), tasks.end(), [&](const auto& t) { return Runs(view, t); })
                 ? pb::PIPELINE_STATE_RUNNING
                 : pb::PIPELINE_STATE_STARTING;
    case PipelineState::kPaused:
      return AnyOwned(view, pipeline) ? pb::PIPELINE_STATE_PAUSING : pb::PIPELINE_STATE_PAUSED;
    case PipelineState::kDeleting:
      return pb::PIPELINE_STATE_DELETING;
    case PipelineState::kHalted:
      return pb::PIPELINE_STATE_HALTED;
  }
  return pb::PIPELINE_STATE_UNSPECIFIED;
}

pb::Pipeline DescribePipeline(const ClusterView& view, const PipelineDefinition& pipeline,
                              const PipelinePlan* plan, Detail detail) {
  pb::Pipeline out;
  out.set_name(pipeline.name);
  out.set_incarnation(pipeline.incarnation.text());
  out.set_version(pipeline.version.value());
  out.set_etag(EtagOf(pipeline));
  out.set_state(StateOf(view, pipeline));
  out.set_reason(pipeline.reason);
  out.set_lanes(pipeline.lanes);
  out.set_shuffle_partitions(pipeline.merges);
  const std::vector<TaskAddress> tasks = TasksOf(pipeline);
  out.set_tasks(static_cast<std::uint32_t>(tasks.size()));
  out.set_tasks_running(static_cast<std::uint32_t>(
      std::count_if(tasks.begin(), tasks.end(), [&](const auto& t) { return Runs(view, t); })));
  if (out.state() == pb::PIPELINE_STATE_STARTING && view.workers.empty()) {
    out.set_reason("there is no worker: start tidemark-worker");
  }
  if (pipeline.start_time) FillTime(pipeline.start_time->value(), *out.mutable_start_time());
  if (plan != nullptr) FillPlan(*plan, detail, out);
  if (detail == Detail::kList) return out;
  out.set_text(pipeline.text);
  FillSources(pipeline, out);
  return out;
}

Result<pb::ListWorkersResponse> ListWorkers(const ClusterView& view, const PageRequest& page) {
  std::map<std::string, const WorkerInfo*> workers;
  for (const WorkerInfo& info : view.workers) workers[info.worker.id] = &info;
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> tasks;  // owned, running
  for (const auto& [task, owner] : view.state.tasks) {
    if (!owner.worker) continue;
    auto& [owned, running] = tasks[owner.worker->id];
    ++owned;
    running += Runs(view, task) ? 1U : 0U;
  }
  pb::ListWorkersResponse out;
  auto next = TakePage(workers, page, [&](const WorkerInfo* info) {
    pb::Worker& worker = *out.add_workers();
    worker.set_id(info->worker.id);
    worker.set_incarnation(info->worker.incarnation.text());
    worker.set_state(std::string(WorkerPhaseName(info->phase)));
    worker.set_address(info->address);
    worker.set_tasks(tasks[info->worker.id].first);
    worker.set_tasks_running(tasks[info->worker.id].second);
  });
  TM_ASSIGN_OR_RETURN(*out.mutable_next_page_token(), std::move(next));
  return out;
}

Result<pb::ListTasksResponse> ListTasks(const ClusterView& view, std::string_view pipeline,
                                        const PageRequest& page) {
  if (!pipeline.empty()) {
    if (const auto found = FindPipeline(view, pipeline); !found.ok()) return found.status();
  }
  // A key that orders lane-2 before lane-10.
  const auto key_of = [](const TaskAddress& task) {
    const std::string index = std::to_string(task.task.index);
    return StrCat(task.pipeline, task.task.kind == TaskId::Kind::kLane ? "/l" : "/m",
                  std::string(10 - index.size(), '0'), index);
  };
  std::map<std::string, std::pair<TaskAddress, TaskOwner>> tasks;
  for (const auto& [task, owner] : view.state.tasks) {
    if (pipeline.empty() || task.pipeline == pipeline) tasks[key_of(task)] = {task, owner};
  }
  pb::ListTasksResponse out;
  auto next = TakePage(tasks, page, [&](const std::pair<TaskAddress, TaskOwner>& task) {
    *out.add_tasks() = DescribeTask(view, task.first, task.second);
  });
  TM_ASSIGN_OR_RETURN(*out.mutable_next_page_token(), std::move(next));
  return out;
}

Result<PipelinePage> ListPipelines(const ClusterView& view, const PageRequest& page) {
  PipelinePage out;
  TM_ASSIGN_OR_RETURN(out.next, TakePage(view.state.pipelines, page, [&](const auto& pipeline) {
                        out.pipelines.push_back(pipeline);
                      }));
  return out;
}

Result<std::shared_ptr<const PipelineDefinition>> FindPipeline(const ClusterView& view,
                                                               std::string_view name) {
  const auto found = view.state.pipelines.find(std::string(name));
  if (found != view.state.pipelines.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, pipeline] : view.state.pipelines) names.push_back(known);
  return Status::NotFound(StrCat("there is no pipeline '", name, "'", Suggest(name, names)));
}

Result<const QueryPlan*> FindQuery(const PipelinePlan& plan, std::string_view name) {
  std::vector<std::string> names;
  for (const QueryPlan& query : plan.queries) {
    if (query.name == name) return &query;
    names.push_back(query.name);
  }
  return Status::NotFound(
      StrCat("pipeline '", plan.name, "' has no query '", name, "'", Suggest(name, names)));
}

pb::QuerySchema SchemaOf(const std::string& pipeline, const QueryPlan& query) {
  pb::QuerySchema out;
  out.set_pipeline(pipeline);
  out.set_query(query.name);
  const auto add = [&](std::string_view name, const std::string& type, std::string_view from,
                       std::string_view error) {
    pb::SchemaColumn& column = *out.add_columns();
    column.set_name(std::string(name));
    column.set_type(type);
    column.set_from(std::string(from));
    column.set_error(std::string(error));
  };
  add("window_start", "timestamp", "window", "exact");
  add("window_end", "timestamp", "window", "exact");
  for (const OutputColumn& output : query.outputs) {
    if (output.source == OutputColumn::Source::kGroup) {
      add(output.name, output.result.ToString(), "group column", "exact");
      continue;
    }
    const AggregateFunction* function = FindAggregate(output.aggregate);
    const bool exact = function == nullptr || function->info.accuracy == Accuracy::kExact;
    add(output.name, output.result.ToString(), output.aggregate,
        exact ? std::string_view("exact") : function->info.error);
  }
  add("finality", "string", "ON_TIME or FINAL", "exact");
  add("revision", "integer", "0, or 1 if late events changed it", "exact");
  return out;
}

void Fill(const Diagnostic& diagnostic, pb::Diagnostic& out) {
  out.set_file(diagnostic.file);
  out.set_line(diagnostic.line);
  out.set_column(diagnostic.column);
  out.set_length(diagnostic.length);
  out.set_code(diagnostic.code);
  out.set_message(diagnostic.message);
  out.set_suggestion(diagnostic.suggestion);
}

void FillTime(std::int64_t ms, google::protobuf::Timestamp& out) {
  const std::int64_t seconds = FloorDiv(ms, 1'000);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>((ms - seconds * 1'000) * 1'000'000));
}

}  // namespace tidemark
