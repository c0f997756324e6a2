#include "config/draft.h"

#include <utility>

#include "base/text.h"
#include "config/kafka_property.h"

namespace tidemark {
namespace {

constexpr std::string_view kSecretFile = "file:";
constexpr std::size_t kMaxSecretBytes = 64U << 10U;

}  // namespace

Draft::Draft(const FileReader& read_file) : read_file_(read_file) {
  for (const Setting& setting : Settings()) {
    if (IsMapping(setting)) continue;
    const auto problem = Set(setting, std::string(setting.default_text), "default");
    TM_CHECK(!problem, "a default of the table of settings is not a value of its key");
  }
}

std::optional<Problem> Draft::Set(const Setting& setting, const std::string& text,
                                  const std::string& origin) {
  if (auto problem = Assign(setting, text, values_)) return problem;
  given_[std::string(setting.path)] = {text, origin};
  return std::nullopt;
}

std::optional<Problem> Draft::SetProperty(const std::string& name, const std::string& text,
                                          const std::string& origin) {
  if (const std::string why = WhyNotPassedThrough(name); !why.empty()) {
    return Problem{"REFUSED_PROPERTY", StrCat("kafka.properties.", name, " may not be set"), why};
  }
  std::string value = text;
  if (text.starts_with(kSecretFile)) {
    auto secret = ReadSecret(text.substr(kSecretFile.size()));
    if (!secret.ok()) {
      return Problem{"UNREADABLE_SECRET",
                     StrCat("kafka.properties.", name, ": ", secret.status().message()),
                     "the file must hold the value and be readable by the user of this program"};
    }
    value = std::move(secret).value();
  }
  values_.kafka.properties[name] = value;
  properties_[name] = {text, origin};
  return std::nullopt;
}

Result<std::string> Draft::ReadSecret(const std::string& path) const {
  TM_ASSIGN_OR_RETURN(std::string secret, read_file_(path));
  if (secret.size() > kMaxSecretBytes)
    return Status::Invalid(StrCat(path, " is larger than 64KiB"));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) return Status::Invalid(StrCat(path, " is empty"));
  return secret;
}

std::optional<Draft::Conflict> Draft::FindConflict() const {
  const bool has_key = !values_.tls.key.empty();
  if (values_.tls.certificate.empty() != has_key) return std::nullopt;
  const std::string_view given = has_key ? "tls.key" : "tls.certificate";
  const std::string_view missing = has_key ? "tls.certificate" : "tls.key";
  return Conflict{given_.find(given)->second.origin,
                  {"MISSING_KEY", StrCat(given, " is set but ", missing, " is not"),
                   "set both, or neither for plain text"}};
}

LoadedConfiguration Draft::Take() && {
  LoadedConfiguration loaded;
  for (const Setting& setting : Settings()) {
    const std::string path(setting.path);
    if (!IsMapping(setting)) {
      const Given& given = given_[path];
      loaded.settings.push_back({path, given.value, given.origin, false});
      continue;
    }
    for (const auto& [name, given] : properties_) {
      const bool secret = IsSecretProperty(name) && !given.value.starts_with(kSecretFile);
      loaded.settings.push_back({StrCat(path, ".", name), given.value, given.origin, secret});
    }
  }
  loaded.values = std::move(values_);
  return loaded;
}

}  // namespace tidemark
