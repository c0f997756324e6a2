// Reads one mapping of a pipeline file: typed values with bounds, and an error with the nearest key
// for every key that nobody asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "yaml/source_file.h"
#include "yaml/yaml_tree.h"

namespace tidemark {

class MappingReader {
 public:
  // `what` names the mapping in messages: "source.watermark". A node that is no mapping is
  // reported; one that is null is an empty mapping. `node` may be nullptr (absent) and must outlive
  // the reader.
  MappingReader(const YamlNode* node, std::string what, DiagnosticSink& sink);

  // The value of `key`, or nullptr if it is absent or null. Every key must be asked for once.
  const YamlNode* Find(std::string_view key);
  TextRange KeyRange(std::string_view key) const;
  // The whole mapping: for what is missing.
  TextRange range() const;
  DiagnosticSink& sink() { return sink_; }
  std::string Name(std::string_view key) const;

  // Each leaves `target` as it is when the key is absent or wrong; what is wrong is reported.
  void Text(std::string_view key, std::string& target);
  void Integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t& target);
  void Boolean(std::string_view key, bool& target);
  void Span(std::string_view key, Duration min, Duration max, Duration& target);
  // Index of the chosen word.
  void Choice(std::string_view key, std::span<const std::string_view> words, std::size_t& target);
  // Reports a key that must be there but is not.
  void Require(std::string_view key, std::string_view example);
  // Reports what was never asked for. Call it last.
  void RefuseUnknown();

 private:
  const YamlNode* FindScalar(std::string_view key, std::string_view expected);

  const YamlNode* node_;
  std::string what_;
  DiagnosticSink& sink_;
  bool refused_ = false;  // not a mapping: nothing is missing from it
  std::vector<std::string> known_;
};

}  // namespace tidemark
