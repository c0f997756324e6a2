#include "config/sources.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kVariablePrefix = "TIDEMARK_";
constexpr std::string_view kProperties = "kafka.properties";

std::string LastPart(std::string_view path) {
  return std::string(path.substr(path.rfind('.') + 1));
}

// The variable that sets a key: TIDEMARK_WORKER_STATE_DIR.
std::string VariableOf(std::string_view path) {
  std::string name(kVariablePrefix);
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

// The property that a variable's rest names: "SASL_PASSWORD" is sasl.password.
std::string PropertyOf(std::string_view rest) {
  std::string name;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const bool underscore = c == '_' && i + 1 < rest.size() && rest[i + 1] == '_';
    name += underscore             ? '_'
            : c == '_'             ? '.'
            : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                   : c;
    if (underscore) ++i;
  }
  return name;
}

// Variables that container platforms and tests set beside ours.
bool IsForeignVariable(std::string_view name) {
  if (name.starts_with("TIDEMARK_TEST_")) return true;
  if (name.find("_SERVICE_HOST") != std::string_view::npos ||
      name.find("_SERVICE_PORT") != std::string_view::npos)
    return true;
  const std::size_t port = name.find("_PORT");
  if (port == std::string_view::npos) return false;
  const std::string_view rest = name.substr(port + 5);
  return rest.empty() || (rest.size() > 1 && rest[0] == '_' && rest[1] >= '0' && rest[1] <= '9');
}

// The key that a variable sets; nullptr if none.
const Setting* SettingOf(const std::string& variable) {
  if (variable == "TIDEMARK_SERVER") return FindSetting("cli.coordinators");
  const auto settings = Settings();
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& setting) {
    return !IsMapping(setting) && VariableOf(setting.path) == variable;
  });
  return found == settings.end() ? nullptr : &*found;
}

Problem UnknownVariable(const std::string& name) {
  std::vector<std::string> variables;
  for (const Setting& setting : Settings()) {
    variables.push_back(VariableOf(setting.path) +
                        (IsMapping(setting) ? "_SECURITY_PROTOCOL" : ""));
  }
  if (name == VariableOf(kProperties))
    return {"WRONG_TYPE", "it has no single value",
            StrCat("set one variable per property: ", name, "_SECURITY_PROTOCOL")};
  const std::string_view nearest = Nearest(name, variables);
  return {
      "UNKNOWN_KEY", "no key has this variable",
      nearest.empty()
          ? "variables that begin with TIDEMARK_ set keys: unset it, or see docs/configuration.md"
          : StrCat("did you mean ", nearest, "?")};
}

std::optional<Problem> ApplyVariable(const std::string& name, const std::string& value,
                                     Draft& draft) {
  const std::string properties = VariableOf(kProperties) + "_";
  if (name.starts_with(properties))
    return draft.SetProperty(PropertyOf(name.substr(properties.size())), value, name);
  if (const Setting* setting = SettingOf(name)) return draft.Set(*setting, value, name);
  if (IsForeignVariable(name)) return std::nullopt;
  return UnknownVariable(name);
}

std::optional<Problem> Assigned(const std::string& path, const std::string& value, Draft& draft) {
  const std::string origin = StrCat("--set ", path);
  const std::string properties = StrCat(kProperties, ".");
  if (path.starts_with(properties))
    return draft.SetProperty(path.substr(properties.size()), value, origin);
  const Setting* setting = FindSetting(path);
  if (setting == nullptr) return Problem{"UNKNOWN_KEY", "unknown key", SuggestKey(path)};
  if (!IsMapping(*setting)) return draft.Set(*setting, value, origin);
  return Problem{"WRONG_TYPE", StrCat(path, " is a mapping"),
                 StrCat("write --set ", path, ".security.protocol=ssl")};
}

}  // namespace

// "did you mean worker.memory?", or where to look.
std::string SuggestKey(std::string_view path) {
  std::vector<std::string_view> paths;
  for (const Setting& setting : Settings()) paths.push_back(setting.path);
  for (const Setting& setting : Settings()) {
    const std::string_view section = setting.path.substr(0, setting.path.find('.'));
    if (section != setting.path) paths.push_back(section);
  }
  if (const std::string_view nearest = Nearest(path, paths); !nearest.empty())
    return StrCat("did you mean ", nearest, "?");
  const std::string last = LastPart(path);
  std::string same;
  for (const std::string_view candidate : paths) {
    if (LastPart(candidate) == last) same += StrCat(same.empty() ? "" : " or ", candidate);
  }
  if (!same.empty()) return StrCat("did you mean ", same, "?");
  return "docs/configuration.md lists all keys";
}

std::string ShowProblem(const std::string& place, const Problem& problem) {
  const std::string suggestion =
      problem.suggestion.empty() ? "" : StrCat("  ", problem.suggestion, "\n");
  return StrCat(place, ": ", problem.message, "\n", suggestion);
}

std::string ApplyVariables(const Variables& variables, Draft& draft) {
  std::string problems;
  for (const auto& [name, value] : variables) {
    if (!name.starts_with(kVariablePrefix)) continue;
    if (const auto problem = ApplyVariable(name, value, draft))
      problems += ShowProblem(name, *problem);
  }
  return problems;
}

std::string ApplyAssignment(const std::string& assignment, Draft& draft) {
  const std::size_t equals = assignment.find('=');
  const std::string place = StrCat("--set ", assignment.substr(0, equals));
  if (equals == std::string::npos) {
    return ShowProblem(place,
                       {"BAD_VALUE", "there is no \"=\" in it", "write --set key.path=value"});
  }
  const auto problem = Assigned(assignment.substr(0, equals), assignment.substr(equals + 1), draft);
  return problem ? ShowProblem(place, *problem) : std::string();
}

}  // namespace tidemark
