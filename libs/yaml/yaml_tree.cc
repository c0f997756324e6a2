#include "yaml/yaml_tree.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxNodes = 10'000;
constexpr int kMaxDepth = 32;

std::size_t LineEnd(std::string_view text, std::size_t from) {
  return std::min(text.find('\n', from), text.size());
}

std::size_t SkipBlanks(std::string_view text, std::size_t from) {
  return std::min(text.find_first_not_of(" \t", from), text.size());
}

// Tags and anchors stand before the scalar itself.
std::size_t SkipProperties(std::string_view text, std::size_t from) {
  while (from < text.size() && (text[from] == '&' || text[from] == '!')) {
    from = SkipBlanks(text, std::min(text.find_first_of(" \t\n", from), text.size()));
  }
  return from;
}

void MapAllTo(std::size_t begin, MappedText& scalar) {
  scalar.origins.assign(scalar.text.size() + 1, begin);
}

// True if the scalar's bytes stand at `begin`, one after the other.
bool MapVerbatim(std::string_view file, std::size_t begin, MappedText& scalar) {
  if (file.substr(begin, scalar.text.size()) != scalar.text) return false;
  for (std::size_t i = 0; i <= scalar.text.size(); ++i) scalar.origins[i] = begin + i;
  return true;
}

// The indentation of a block scalar: that of its first line with content, less the blanks that
// belong to the content.
std::size_t BlockIndent(std::string_view file, std::size_t first_line, std::string_view content) {
  std::size_t at = first_line;
  std::size_t content_at = 0;
  while (content_at < content.size() && content[content_at] == '\n') {
    at = LineEnd(file, at) + 1;
    ++content_at;
  }
  const std::size_t own = SkipBlanks(content, content_at) - content_at;
  const std::size_t all = SkipBlanks(file, at) - std::min(at, file.size());
  return all > own ? all - own : 0;
}

// Maps a | block whose header stands at `begin`. True if every byte was found again.
bool MapBlock(std::string_view file, std::size_t begin, MappedText& scalar) {
  std::size_t line = LineEnd(file, begin) + 1;
  const std::size_t indent = BlockIndent(file, line, scalar.text);
  std::size_t column = 0;
  for (std::size_t i = 0; i < scalar.text.size(); ++i) {
    const char c = scalar.text[i];
    const std::size_t end = LineEnd(file, std::min(line, file.size()));
    const std::size_t at = c == '\n' ? end : line + indent + column;
    if (at > end || (c != '\n' && file[at] != c)) return false;
    scalar.origins[i] = at;
    column = c == '\n' ? 0 : column + 1;
    if (c == '\n') line = end + 1;
  }
  const std::size_t last = scalar.text.empty() ? begin : scalar.origins[scalar.text.size() - 1] + 1;
  scalar.origins.back() = std::min(last, file.size());
  return true;
}

YamlNode::Style MapScalar(std::string_view file, std::size_t begin, MappedText& scalar) {
  MapAllTo(begin, scalar);
  const char first = begin < file.size() ? file[begin] : '\0';
  if (first == '>') return YamlNode::Style::kFolded;
  const bool quoted = first == '"' || first == '\'';
  const bool mapped = first == '|' ? MapBlock(file, begin, scalar)
                                   : MapVerbatim(file, begin + (quoted ? 1 : 0), scalar);
  if (!mapped) MapAllTo(begin, scalar);
  return mapped ? YamlNode::Style::kMapped : YamlNode::Style::kRewritten;
}

class TreeBuilder {
 public:
  TreeBuilder(const SourceFile& file, DiagnosticSink& sink) : file_(file), sink_(sink) {}

  YamlNode Build(const YAML::Node& node, int depth) {
    YamlNode out;
    out.range = RangeOf(node);
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      Refuse(out.range);
      return out;
    }
    if (node.IsScalar()) BuildScalar(node, out);
    if (node.IsSequence()) BuildSequence(node, depth, out);
    if (node.IsMap()) BuildMapping(node, depth, out);
    return out;
  }

 private:
  TextRange RangeOf(const YAML::Node& node) const {
    const int pos = std::max(node.Mark().pos, 0);
    const std::size_t begin = SkipProperties(file_.text(), static_cast<std::size_t>(pos));
    std::size_t end = LineEnd(file_.text(), begin);
    if (!node.IsScalar()) end = std::min(end, begin + 1);
    while (end > begin + 1 && file_.text()[end - 1] == ' ') --end;
    return {.begin = begin, .length = std::max<std::size_t>(end - begin, 1)};
  }

  void BuildScalar(const YAML::Node& node, YamlNode& out) {
    out.kind = YamlNode::Kind::kScalar;
    out.scalar.text = node.Scalar();
    out.style = MapScalar(file_.text(), out.range.begin, out.scalar);
    const std::size_t first_line = out.scalar.text.find('\n');
    if (out.style == YamlNode::Style::kMapped && first_line == std::string::npos &&
        !out.scalar.text.empty()) {
      out.range = out.scalar.Locate(0, out.scalar.text.size());
    }
  }

  void BuildSequence(const YAML::Node& node, int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::kSequence;
    for (const YAML::Node& item : node) out.items.push_back(Build(item, depth + 1));
  }

  void BuildMapping(const YAML::Node& node, int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::kMapping;
    for (const auto& entry : node) {
      YamlNode key = Build(entry.first, depth + 1);
      if (key.kind != YamlNode::Kind::kScalar) {
        sink_.Add(key.range, {"YAML_SYNTAX", "a key must be a plain word"});
        continue;
      }
      key.range.length =
          std::min(key.range.length, std::max<std::size_t>(key.scalar.text.size(), 1));
      const std::string name = key.scalar.text;
      if (std::any_of(out.keys.begin(), out.keys.end(),
                      [&](const YamlKey& k) { return k.name == name; })) {
        sink_.Add(key.range, {"DUPLICATE_KEY", StrCat("key \"", name, "\" is here twice"),
                              "keep one of them"});
      }
      out.keys.push_back({name, key.range});
      out.items.push_back(Build(entry.second, depth + 1));
    }
  }

  void Refuse(TextRange range) {
    if (refused_) return;
    refused_ = true;
    sink_.Add(range, {"FILE_TOO_LARGE",
                      "the file has more than 10,000 entries or nests deeper than 32 levels"});
  }

  const SourceFile& file_;
  DiagnosticSink& sink_;
  std::size_t nodes_ = 0;
  bool refused_ = false;
};

bool CheckText(const SourceFile& file, DiagnosticSink& sink) {
  const std::string& text = file.text();
  if (text.size() > kMaxBytes) {
    sink.Add({}, {"FILE_TOO_LARGE", "the file is larger than 1 MiB"});
  } else if (!IsUtf8(text) || text.find('\0') != std::string::npos) {
    sink.Add({}, {"NOT_TEXT", "the file is not UTF-8 text", "save it as UTF-8"});
  } else {
    return true;
  }
  return false;
}

}  // namespace

std::optional<YamlNode> ParseYaml(const SourceFile& file, DiagnosticSink& sink) {
  if (!CheckText(file, sink)) return std::nullopt;
  const std::size_t before = sink.count();
  try {
    const YAML::Node root = YAML::Load(file.text());
    YamlNode tree = TreeBuilder(file, sink).Build(root, 0);
    if (sink.count() == before) return tree;
  } catch (const YAML::Exception& error) {
    const auto at = static_cast<std::size_t>(std::max(error.mark.pos, 0));
    sink.Add({.begin = at}, {"YAML_SYNTAX", StrCat("this is not YAML: ", error.msg)});
  }
  return std::nullopt;
}

}  // namespace tidemark
