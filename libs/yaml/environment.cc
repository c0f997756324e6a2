#include "yaml/environment.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

bool IsName(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), inner);
}

void Append(std::string_view text, std::size_t origin, MappedText& out) {
  out.text += text;
  out.origins.resize(out.text.size(), origin);
}

class Expander {
 public:
  Expander(const Environment& environment, DiagnosticSink& sink)
      : environment_(environment), sink_(sink) {}

  MappedText Expand(const MappedText& in) {
    MappedText out;
    out.origins.clear();
    std::size_t at = 0;
    while (at < in.text.size()) {
      if (in.text.compare(at, 2, "${") != 0) {
        Append(std::string_view(in.text).substr(at, 1), in.origins[at], out);
        ++at;
        continue;
      }
      at = ExpandReference(in, at, out);
    }
    out.origins.push_back(in.origins.back());
    return out;
  }

 private:
  // Returns the offset behind the reference at `at`.
  std::size_t ExpandReference(const MappedText& in, std::size_t at, MappedText& out) {
    const std::size_t end = in.text.find('}', at);
    if (end == std::string::npos) {
      sink_.Add(in.Locate(at, 2),
                {"ENVIRONMENT", "${ has no closing }", "write ${NAME} or ${NAME:-default}"});
      return in.text.size();
    }
    const std::string_view body = std::string_view(in.text).substr(at + 2, end - at - 2);
    const std::size_t split = body.find(":-");
    const std::string_view name = body.substr(0, split);
    const TextRange range = in.Locate(at, end + 1 - at);
    if (!IsName(name)) {
      sink_.Add(range,
                {"ENVIRONMENT", StrCat("\"", name, "\" is not the name of an environment variable"),
                 "write ${NAME} or ${NAME:-default}"});
      Append("x", in.origins[at], out);
    } else if (const auto found = environment_.find(name); found != environment_.end()) {
      Append(found->second, in.origins[at], out);
    } else if (split != std::string_view::npos) {
      Append(body.substr(split + 2), in.origins[at], out);
    } else {
      sink_.Add(range, {"ENVIRONMENT", StrCat("the environment variable ", name, " is not set"),
                        StrCat("set it, or give a default: ${", name, ":-default}")});
      Append(name, in.origins[at], out);
    }
    return end + 1;
  }

  const Environment& environment_;
  DiagnosticSink& sink_;
};

}  // namespace

void ExpandEnvironment(const Environment& environment, DiagnosticSink& sink, YamlNode& node) {
  if (node.kind == YamlNode::Kind::kScalar && node.scalar.text.find("${") != std::string::npos) {
    node.scalar = Expander(environment, sink).Expand(node.scalar);
  }
  for (YamlNode& item : node.items) ExpandEnvironment(environment, sink, item);
}

}  // namespace tidemark
