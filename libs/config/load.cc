#include "config/load.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "config/draft.h"
#include "config/sources.h"

namespace tidemark {

Result<std::string> ReadWholeFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  if (in && in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
  if (!in) return Status::NotFound(StrCat("cannot read ", path, ": ", std::strerror(errno)));
  return out.str();
}

std::map<std::string, std::string, std::less<>> ProcessEnvironment() {
  std::map<std::string, std::string, std::less<>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

ConfigurationSources SourcesOfProcess(std::string file, std::vector<std::string> assignments) {
  ConfigurationSources sources;
  sources.file = std::move(file);
  sources.environment = ProcessEnvironment();
  sources.assignments = std::move(assignments);
  return sources;
}

Result<LoadedConfiguration> LoadConfiguration(const ConfigurationSources& sources) {
  Draft draft(sources.read_file);
  std::string problems;
  if (!sources.file.empty()) {
    auto text = sources.read_file(sources.file);
    problems += text.ok()
                    ? ApplyFile(sources.file, std::move(text).value(), sources.environment, draft)
                    : ShowProblem("--config", {"UNREADABLE", text.status().message(),
                                               "--config takes the path of a YAML file"});
  }
  problems += ApplyVariables(sources.environment, draft);
  for (const std::string& assignment : sources.assignments)
    problems += ApplyAssignment(assignment, draft);
  if (const auto conflict = draft.FindConflict(); conflict && problems.empty())
    problems += ShowProblem(conflict->origin, conflict->problem);
  if (!problems.empty()) return Status::Invalid(problems);
  return std::move(draft).Take();
}

}  // namespace tidemark
