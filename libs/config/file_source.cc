#include "base/text.h"
#include "config/sources.h"
#include "yaml/diagnostic.h"
#include "yaml/environment.h"
#include "yaml/yaml_tree.h"

namespace tidemark {
namespace {

class FileSource {
 public:
  FileSource(const SourceFile& file, const Variables& variables, DiagnosticSink& sink, Draft& draft)
      : file_(file), variables_(variables), sink_(sink), draft_(draft) {}

  void Walk(const YamlNode& node, const std::string& section) {
    if (node.kind == YamlNode::Kind::kNull) return;
    if (node.kind != YamlNode::Kind::kMapping) {
      sink_.Add(node.range,
                {"WRONG_TYPE", StrCat(section.empty() ? "the file" : section, " must be a mapping"),
                 "write key: value lines below it"});
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string path = StrCat(section, section.empty() ? "" : ".", node.keys[i].name);
      if (node.keys[i].name.find('.') != std::string::npos) {
        sink_.Add(node.keys[i].range,
                  {"UNKNOWN_KEY", StrCat("unknown key ", path),
                   "keys of a section stand below its name: write worker: and below it id: w1"});
      } else if (const Setting* setting = FindSetting(path)) {
        ApplyNode(*setting, node.items[i]);
      } else if (IsSection(path)) {
        Walk(node.items[i], path);
      } else {
        sink_.Add(node.keys[i].range,
                  {"UNKNOWN_KEY", StrCat("unknown key ", path), SuggestKey(path)});
      }
    }
  }

 private:
  void ApplyNode(const Setting& setting, const YamlNode& written) {
    if (written.kind == YamlNode::Kind::kNull) return;
    if (IsMapping(setting)) {
      ApplyProperties(written);
      return;
    }
    YamlNode node = written;
    if (!Expand(node)) return;
    if (const auto text = TextOf(setting, node)) {
      Report(node.range, draft_.Set(setting, *text, OriginOf(node.range)));
    } else {
      sink_.Add(node.range, {"WRONG_TYPE", StrCat(setting.path, " must be a ", TypeName(setting))});
    }
  }

  // False if a ${NAME} in it is wrong: such a value is not looked at further.
  bool Expand(YamlNode& node) {
    const std::size_t before = sink_.count();
    ExpandEnvironment(variables_, sink_, node);
    return sink_.count() == before;
  }

  // Lists may be YAML lists or one text with commas.
  static std::optional<std::string> TextOf(const Setting& setting, const YamlNode& node) {
    if (node.kind == YamlNode::Kind::kScalar) return node.scalar.text;
    if (!IsList(setting) || node.kind != YamlNode::Kind::kSequence) return std::nullopt;
    std::string text;
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlNode::Kind::kScalar) return std::nullopt;
      text += StrCat(text.empty() ? "" : ",", item.scalar.text);
    }
    return text;
  }

  void ApplyProperties(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kMapping) {
      sink_.Add(node.range, {"WRONG_TYPE", "kafka.properties must be a mapping",
                             "write lines like security.protocol: ssl below it"});
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const YamlKey& key = node.keys[i];
      YamlNode value = node.items[i];
      if (!Expand(value)) continue;
      if (value.kind != YamlNode::Kind::kScalar) {
        sink_.Add(key.range,
                  {"WRONG_TYPE", StrCat("kafka.properties.", key.name, " must be a text"),
                   "properties have dotted names: security.protocol: ssl"});
      } else {
        Report(key.range, draft_.SetProperty(key.name, value.scalar.text, OriginOf(key.range)));
      }
    }
  }

  std::string OriginOf(TextRange range) const {
    return StrCat(file_.name(), ":", file_.At(range).line);
  }

  void Report(TextRange range, std::optional<Problem> problem) {
    if (problem) sink_.Add(range, *std::move(problem));
  }

  const SourceFile& file_;
  const Variables& variables_;
  DiagnosticSink& sink_;
  Draft& draft_;
};

}  // namespace

std::string ApplyFile(const std::string& name, std::string text, const Variables& variables,
                      Draft& draft) {
  const SourceFile file(name, std::move(text));
  DiagnosticSink sink(file);
  if (auto tree = ParseYaml(file, sink)) {
    FileSource(file, variables, sink, draft).Walk(*tree, "");
  }
  return RenderDiagnostics(sink.Take(), file.text());
}

}  // namespace tidemark
