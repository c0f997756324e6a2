// From a pipeline file to its plan: everything that can be wrong with the file is found here,
// before anything starts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "query/plan.h"
#include "yaml/diagnostic.h"
#include "yaml/environment.h"

namespace tidemark {

struct PipelineSource {
  std::string file = "pipeline.yaml";  // its name in diagnostics
  std::string text;
  // The bytes of the file that source.descriptor_set names; empty if it names none.
  std::string descriptor_set = {};
  Environment environment = {};  // what ${NAME} means
};

// Of a source's message and of all types it refers to, as they are stored with the pipeline.
inline constexpr std::size_t kMostDescriptorBytes = 512U << 10U;

struct PlanResult {
  std::shared_ptr<const PipelinePlan>
      plan;  // nullptr exactly if there are diagnostics; immutable, shared by the tasks
  std::vector<Diagnostic> diagnostics;  // all of them, in the order of the file

  bool ok() const { return plan != nullptr; }
};

// Pure: no file is read, no clock, no broker. Bounded for hostile input: 1 MiB of YAML, 64 KiB of
// SQL per query, 64 queries, nesting of 200.
PlanResult PlanPipeline(const PipelineSource& source);

// What source.descriptor_set of a readable file says, ${NAME} expanded; "" if it says nothing.
std::string DescriptorSetFile(const PipelineSource& source);

// The content of the file of that name.
using FileReader = std::function<Result<std::string>(const std::string&)>;

// The source that the pipeline file `path` and the descriptor set it names are, read by `read`. The
// set's name is relative to the file.
Result<PipelineSource> ReadPipelineSource(const std::string& path, Environment environment,
                                          const FileReader& read);
// The bytes of the descriptor set that a readable source names, "" if it names none.
Result<std::string> ReadDescriptorSet(const PipelineSource& source, const FileReader& read);

}  // namespace tidemark
