// tidemark pipeline apply|plan|list|describe|pause|resume|delete.
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/admin_commands.h"
#include "cli/exit_code.h"
#include "config/load.h"
#include "control/collect_pages.h"
#include "control/short_name.h"
#include "query/planner.h"
#include "yaml/expanded_text.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr Duration kPoll{200};

std::string Line(const pb::Pipeline& pipeline) {
  return StrCat(pipeline.name(), " ", ShortName(pipeline.state()), ", ", pipeline.tasks_running(),
                " of ", pipeline.tasks(), " tasks run",
                pipeline.reason().empty() ? "" : StrCat(": ", pipeline.reason()));
}

void Print(const AdminOptions& options, const pb::Pipeline& pipeline) {
  const std::string text =
      options.output == AdminOutput::kTable ? Line(pipeline) : ToJson(pipeline);
  std::printf("%s\n", text.c_str());
}

// The file with ${NAME} replaced, and the descriptor set that it names. nullopt: said what is
// wrong.
std::optional<PipelineSource> ReadPipeline(const std::string& command, const std::string& file) {
  auto source = ReadPipelineSource(file, ProcessEnvironment(), ReadWholeFile);
  if (!source.ok()) {
    FailWith(command, source.status());
    return std::nullopt;
  }
  auto expanded = ExpandText(file, source->text, source->environment);
  if (!expanded.ok()) {
    // Only here is the environment known: planning here says everything else that is wrong, too.
    std::fputs(RenderDiagnostics(PlanPipeline(*source).diagnostics, source->text).c_str(), stderr);
    return std::nullopt;
  }
  source->text = std::move(*expanded);
  return std::move(*source);
}

// A request to plan or to apply it.
template <class Request>
Request RequestOf(const PipelineSource& source) {
  Request request;
  request.set_file(source.file);
  request.set_text(source.text);
  request.set_descriptor_set(source.descriptor_set);
  return request;
}

void PrintDiagnostics(const std::vector<pb::Diagnostic>& diagnostics, const std::string& text) {
  std::vector<Diagnostic> all;
  for (const pb::Diagnostic& d : diagnostics) {
    all.push_back(
        {d.file(), d.line(), d.column(), d.length(), d.code(), d.message(), d.suggestion()});
  }
  std::fputs(RenderDiagnostics(all, text).c_str(), stderr);
}

// Waits until the pipeline is in `wanted`, telling on standard error how far it is.
Result<pb::Pipeline> WaitFor(AdminClient& client, const AdminOptions& options,
                             const std::string& name, pb::PipelineState wanted) {
  const SteadyClock clock;
  const MonotonicTime deadline = clock.Now() + Duration(options.timeout_s * 1'000);
  pb::GetPipelineRequest request;
  request.set_name(name);
  std::string told;
  while (true) {
    auto pipeline = client.Get(request);
    if (!pipeline.ok()) return pipeline;
    if (pipeline->state() == wanted) return pipeline;
    if (pipeline->state() == pb::PIPELINE_STATE_HALTED) {
      return Status::FailedPrecondition(
          StrCat("pipeline '", name, "' is HALTED: ", pipeline->reason()));
    }
    if (const std::string line = Line(*pipeline); line != told) {
      std::fprintf(stderr, "%s\n", line.c_str());
      told = line;
    }
    if (clock.Now() >= deadline) {
      return Status(StatusCode::kDeadlineExceeded,
                    StrCat("pipeline '", name, "' is ", ShortName(pipeline->state()), " after ",
                           options.timeout_s, " s; the cluster goes on by itself"),
                    Blame::kExternal);
    }
    std::this_thread::sleep_for(kPoll);
  }
}

int Settle(const std::string& command, AdminClient& client, const AdminOptions& options,
           const pb::Pipeline& changed, pb::PipelineState wanted) {
  if (!options.wait) {
    Print(options, changed);
    return kExitDone;
  }
  const auto reached = WaitFor(client, options, changed.name(), wanted);
  if (!reached.ok()) return FailWith(command, reached.status());
  Print(options, *reached);
  return kExitDone;
}

int SetState(const std::string& command, const AdminOptions& options, pb::PipelineState wanted) {
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  pb::SetPipelineStateRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_state(wanted);
  const auto changed = (*client)->SetState(request);
  if (!changed.ok()) return FailWith(command, changed.status());
  return Settle(command, **client, options, *changed, wanted);
}

void PrintPlan(const pb::PlanPipelineResponse& plan) {
  std::printf("%s %s: %s\n\n%s", plan.pipeline().c_str(), ShortName(plan.verdict()).c_str(),
              plan.reason().c_str(), plan.explanation().c_str());
  if (!plan.topics().empty()) {
    std::printf(
        "\ntopics\n%s",
        TableOf(RowsOf(plan.topics()), {"topic", "partitions", "exists", "problem"}).c_str());
  }
  const pb::Cost& cost = plan.cost();
  std::printf(
      "\ncost: %u source partitions in %u lanes, %u shuffle partitions; up to %g frames "
      "per second at a commit interval of %u ms (budget %g per broker)\n%s",
      cost.source_partitions(), cost.lanes(), cost.shuffle_partitions(), cost.frames_per_second(),
      cost.commit_interval_ms(), cost.frame_budget(),
      TableOf(RowsOf(cost.queries()),
              {"query", "slices_per_window", "bytes_per_cell", "open_cells_per_key"})
          .c_str());
  for (const std::string& warning : plan.warnings()) std::printf("warning: %s\n", warning.c_str());
  std::printf("\nplan %s\n", plan.plan_id().c_str());
}

}  // namespace

int ApplyPipelineFile(const AdminOptions& options) {
  const std::string command = "pipeline apply";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  const auto source = ReadPipeline(command, options.file);
  if (!source) return kExitFailed;
  auto request = RequestOf<pb::ApplyPipelineRequest>(*source);
  request.set_plan_id(options.plan_id);
  request.set_reuse_topics(options.reuse_topics);
  const auto applied = (*client)->Apply(request);
  if (!applied.ok()) {
    if ((*client)->diagnostics().empty()) return FailWith(command, applied.status());
    // A refusal has room for some; the plan has all.
    const auto plan = (*client)->Plan(RequestOf<pb::PlanPipelineRequest>(*source));
    const bool all = plan.ok() && !plan->diagnostics().empty();
    PrintDiagnostics(
        all ? std::vector<pb::Diagnostic>{plan->diagnostics().begin(), plan->diagnostics().end()}
            : (*client)->diagnostics(),
        source->text);
    return kExitFailed;
  }
  for (const std::string& warning : applied->warnings()) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  return Settle(command, **client, options, *applied, pb::PIPELINE_STATE_RUNNING);
}

int PlanPipelineFile(const AdminOptions& options) {
  const std::string command = "pipeline plan";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  const auto source = ReadPipeline(command, options.file);
  if (!source) return kExitFailed;
  const auto plan = (*client)->Plan(RequestOf<pb::PlanPipelineRequest>(*source));
  if (!plan.ok()) return FailWith(command, plan.status());
  const bool mistakes = !plan->diagnostics().empty();
  if (options.output != AdminOutput::kTable) {
    std::printf("%s\n", ToJson(*plan).c_str());
  } else if (mistakes) {
    PrintDiagnostics({plan->diagnostics().begin(), plan->diagnostics().end()}, source->text);
  } else {
    PrintPlan(*plan);
  }
  if (plan->verdict() == pb::VERDICT_REFUSED) return kExitFailed;
  return options.exit_code && plan->verdict() != pb::VERDICT_UNCHANGED ? kExitNo : kExitDone;
}

int ListPipelines(const AdminOptions& options) {
  const std::string command = "pipeline list";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  const auto all = CollectPages(**client, pb::ListPipelinesRequest(), &AdminClient::List);
  if (!all.ok()) return FailWith(command, all.status());
  PrintList(options.output, RowsOf(all->pipelines()),
            {"name", "state", "tasks_running", "tasks", "incarnation", "reason"});
  return kExitDone;
}

int DescribePipeline(const AdminOptions& options) {
  const std::string command = "pipeline describe";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  pb::GetPipelineRequest request;
  request.set_name(options.name);
  const auto pipeline = (*client)->Get(request);
  if (!pipeline.ok()) return FailWith(command, pipeline.status());
  if (options.output != AdminOutput::kTable) {
    std::printf("%s\n", ToJson(*pipeline).c_str());
    return kExitDone;
  }
  std::printf("%s\nincarnation %s, etag %s\n\n%s", Line(*pipeline).c_str(),
              pipeline->incarnation().c_str(), pipeline->etag().c_str(),
              pipeline->explanation().c_str());
  return kExitDone;
}

int PausePipeline(const AdminOptions& options) {
  return SetState("pipeline pause", options, pb::PIPELINE_STATE_PAUSED);
}

int ResumePipeline(const AdminOptions& options) {
  return SetState("pipeline resume", options, pb::PIPELINE_STATE_RUNNING);
}

int DeletePipeline(const AdminOptions& options) {
  const std::string command = "pipeline delete";
  auto client = OpenAdmin(options.access);
  if (!client.ok()) return FailWith(command, client.status());
  pb::DeletePipelineRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  const auto deleted = (*client)->Delete(request);
  if (!deleted.ok()) return FailWith(command, deleted.status());
  Print(options, *deleted);
  if (!options.wait) return kExitDone;
  const auto gone = WaitFor(**client, options, options.name, pb::PIPELINE_STATE_UNSPECIFIED);
  if (gone.status().code() == StatusCode::kNotFound) {
    std::fprintf(stderr, "%s is deleted; its result topics stay\n", options.name.c_str());
    return kExitDone;
  }
  return FailWith(command, gone.status());
}

}  // namespace tidemark
