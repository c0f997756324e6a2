#include "yaml/expanded_text.h"

#include <vector>

#include "base/text.h"
#include "yaml/yaml_tree.h"

namespace tidemark {
namespace {

// The replacement of the reference `body` (of ${body}); nullopt: unset, without default.
std::optional<std::string> Replacement(std::string_view body, const Environment& environment) {
  const std::size_t split = body.find(":-");
  const auto found = environment.find(body.substr(0, split));
  if (found != environment.end()) return found->second;
  if (split == std::string_view::npos) return std::nullopt;
  return std::string(body.substr(split + 2));
}

std::string ReplaceAll(const std::string& text, const Environment& environment) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) return out + text.substr(at);
    out += text.substr(at, begin - at);
    const std::string_view body = std::string_view(text).substr(begin + 2, end - begin - 2);
    const auto value = Replacement(body, environment);
    out += value ? *value : text.substr(begin, end + 1 - begin);
    at = end + 1;
  }
}

bool SameValues(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.scalar.text != b.scalar.text || a.items.size() != b.items.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.keys.size(); ++i) {
    if (a.keys[i].name != b.keys[i].name) return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!SameValues(a.items[i], b.items[i])) return false;
  }
  return true;
}

}  // namespace

Result<std::string> ExpandText(const std::string& file, const std::string& text,
                               const Environment& environment) {
  if (text.find("${") == std::string::npos) return text;
  const SourceFile source(file, text);
  DiagnosticSink sink(source);
  auto wanted = ParseYaml(source, sink);
  if (!wanted) return text;
  ExpandEnvironment(environment, sink, *wanted);
  if (sink.count() > 0) return Status::Invalid(RenderDiagnostics(sink.Take(), text));
  std::string expanded = ReplaceAll(text, environment);
  const SourceFile result(file, expanded);
  DiagnosticSink ignored(result);
  const auto got = ParseYaml(result, ignored);
  if (!got || !SameValues(*wanted, *got)) {
    return Status::Invalid(
        StrCat(file, ": the value of a ${NAME} would change the structure of the file where it ",
               "stands: put the reference in quotes, or take quotes, line ends, ': ' and ' #' out ",
               "of the value\n"));
  }
  return expanded;
}

}  // namespace tidemark
