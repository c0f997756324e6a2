// A YAML text as a tree that knows where everything stands. Only yaml_tree.cc sees yaml-cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "yaml/source_file.h"

namespace tidemark {

struct YamlKey {
  std::string name;
  TextRange range;
};

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };
  // How a scalar is written, as far as positions inside it are known.
  enum class Style : std::uint8_t {
    kMapped,    // every byte of it stands verbatim in the file: one line, or a | block
    kFolded,    // a > block
    kRewritten  // escapes, or lines joined: only its beginning is known
  };
  Kind kind = Kind::kNull;
  Style style = Style::kMapped;
  TextRange range;              // its first line
  MappedText scalar;            // of kScalar
  std::vector<YamlKey> keys;    // of kMapping: items[i] is the value of keys[i]
  std::vector<YamlNode> items;  // of kSequence and kMapping
};

// Parses one document; what is wrong goes to `sink`, and nullopt comes back. Tabs, duplicate keys,
// anchors that nest without end, more than 10,000 nodes and texts above 1 MiB are refused.
std::optional<YamlNode> ParseYaml(const SourceFile& file, DiagnosticSink& sink);

}  // namespace tidemark
