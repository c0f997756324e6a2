#include "host/pipeline_files.h"

#include <map>
#include <utility>

#include "base/text.h"
#include "cluster/pipeline_creation.h"
#include "config/load.h"
#include "query/planner.h"
#include "yaml/expanded_text.h"

namespace tidemark {
namespace {

Result<PipelineFileOnDisk> ReadPipelineFileAt(const std::string& path) {
  auto source = ReadPipelineSource(path, ProcessEnvironment(), ReadWholeFile);
  if (!source.ok()) return Status::Invalid(StrCat(source.status().message(), "\n"));
  PlanResult planned = PlanPipeline(*source);
  if (!planned.ok()) return Status::Invalid(RenderDiagnostics(planned.diagnostics, source->text));
  TM_ASSIGN_OR_RETURN(std::string text, ExpandText(path, source->text, source->environment));
  return PipelineFileOnDisk{path, std::move(text), std::move(planned.plan)};
}

}  // namespace

Result<std::vector<PipelineFileOnDisk>> ReadPipelineFiles(const std::vector<std::string>& paths) {
  std::vector<PipelineFileOnDisk> files;
  std::map<std::string, std::string> names;  // of pipelines -> path
  std::string wrong;
  for (const std::string& path : paths) {
    auto file = ReadPipelineFileAt(path);
    if (!file.ok()) {
      wrong += file.status().message();
      continue;
    }
    const auto [other, is_new] = names.try_emplace(file->plan->name, path);
    if (!is_new) {
      wrong += StrCat(path, ": pipeline '", file->plan->name, "' is in ", other->second,
                      " too; each pipeline has one file\n");
    }
    files.push_back(std::move(file).value());
  }
  if (!wrong.empty()) return Status::Invalid(std::move(wrong));
  return files;
}

PlanLoader PlanLoaderOf(const std::vector<PipelineFileOnDisk>& files) {
  using Plan = std::shared_ptr<const PipelinePlan>;
  std::map<std::pair<std::string, std::string>, Plan> plans;
  for (const PipelineFileOnDisk& file : files) {
    plans[{file.text, DescriptorSetOf(*file.plan)}] = file.plan;
  }
  return [plans = std::move(plans)](const PipelineDefinition& pipeline) -> Result<Plan> {
    const auto known = plans.find({pipeline.text, pipeline.descriptor_set});
    if (known != plans.end()) return known->second;
    PlanResult planned =
        PlanPipeline({.text = pipeline.text, .descriptor_set = pipeline.descriptor_set});
    if (planned.ok()) return planned.plan;
    return Status::Invalid(StrCat("line ", planned.diagnostics.front().line, ": ",
                                  planned.diagnostics.front().message));
  };
}

}  // namespace tidemark
