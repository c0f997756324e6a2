#include "query/mapping_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "model/time.h"

namespace tidemark {

MappingReader::MappingReader(const YamlNode* node, std::string what, DiagnosticSink& sink)
    : node_(node), what_(std::move(what)), sink_(sink) {
  if (node_ == nullptr || node_->kind == YamlNode::Kind::kMapping) return;
  if (node_->kind != YamlNode::Kind::kNull) {
    sink_.Add(node_->range, {"WRONG_TYPE", StrCat(what_, " must be a mapping"),
                             "write key: value lines below it"});
  }
  refused_ = node_->kind != YamlNode::Kind::kNull;
  node_ = nullptr;
}

const YamlNode* MappingReader::Find(std::string_view key) {
  known_.emplace_back(key);
  if (node_ == nullptr) return nullptr;
  for (std::size_t i = 0; i < node_->keys.size(); ++i) {
    if (node_->keys[i].name != key) continue;
    const YamlNode& value = node_->items[i];
    return value.kind == YamlNode::Kind::kNull ? nullptr : &value;
  }
  return nullptr;
}

TextRange MappingReader::KeyRange(std::string_view key) const {
  if (node_ == nullptr) return {};
  for (const YamlKey& entry : node_->keys) {
    if (entry.name == key) return entry.range;
  }
  return range();
}

TextRange MappingReader::range() const { return node_ == nullptr ? TextRange{} : node_->range; }

std::string MappingReader::Name(std::string_view key) const {
  return what_.empty() ? std::string(key) : StrCat(what_, ".", key);
}

const YamlNode* MappingReader::FindScalar(std::string_view key, std::string_view expected) {
  const YamlNode* value = Find(key);
  if (value == nullptr || value->kind == YamlNode::Kind::kScalar) return value;
  sink_.Add(value->range, {"WRONG_TYPE", StrCat(Name(key), " must be ", expected)});
  return nullptr;
}

void MappingReader::Text(std::string_view key, std::string& target) {
  if (const YamlNode* value = FindScalar(key, "a text")) target = value->scalar.text;
}

void MappingReader::Integer(std::string_view key, std::int64_t min, std::int64_t max,
                            std::int64_t& target) {
  const std::string expected = StrCat("a whole number from ", min, " to ", max);
  const YamlNode* value = FindScalar(key, expected);
  if (value == nullptr) return;
  const std::string& text = value->scalar.text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    sink_.Add(value->range,
              {"BAD_VALUE", StrCat(Name(key), " must be ", expected, ", not \"", text, "\"")});
    return;
  }
  target = number;
}

void MappingReader::Boolean(std::string_view key, bool& target) {
  static constexpr std::string_view kWords[] = {"false", "true"};
  std::size_t index = target ? 1 : 0;
  Choice(key, kWords, index);
  target = index == 1;
}

void MappingReader::Span(std::string_view key, Duration min, Duration max, Duration& target) {
  const YamlNode* value = FindScalar(key, "a duration");
  if (value == nullptr) return;
  const std::string& text = value->scalar.text;
  const auto duration = ParseDuration(text);
  if (!duration) {
    sink_.Add(value->range, {"BAD_DURATION", StrCat("\"", text, "\" is not a duration"),
                             "write 250ms, 30s, 5m, 1h, 1d or 1h30m"});
  } else if (*duration < min || *duration > max) {
    sink_.Add(value->range,
              {"BAD_DURATION", StrCat(Name(key), " must be from ", FormatDuration(min), " to ",
                                      FormatDuration(max), ", not ", text)});
  } else {
    target = *duration;
  }
}

void MappingReader::Choice(std::string_view key, std::span<const std::string_view> words,
                           std::size_t& target) {
  const YamlNode* value = FindScalar(key, "one word");
  if (value == nullptr) return;
  const std::string& text = value->scalar.text;
  const auto found = std::find(words.begin(), words.end(), text);
  if (found != words.end()) {
    target = static_cast<std::size_t>(found - words.begin());
    return;
  }
  const std::string_view nearest = Nearest(text, words);
  sink_.Add(
      value->range,
      {"BAD_VALUE", StrCat(Name(key), " must be ", Join(words, " or "), ", not \"", text, "\""),
       nearest.empty() ? "" : StrCat("did you mean ", nearest, "?")});
}

void MappingReader::Require(std::string_view key, std::string_view example) {
  if (Find(key) != nullptr || refused_) return;
  sink_.Add(KeyRange(key),
            {"MISSING_KEY", StrCat(Name(key), " is missing"), StrCat("add ", example)});
}

void MappingReader::RefuseUnknown() {
  if (node_ == nullptr) return;
  for (const YamlKey& key : node_->keys) {
    if (std::find(known_.begin(), known_.end(), key.name) != known_.end()) continue;
    const std::string_view nearest = Nearest(key.name, known_);
    sink_.Add(key.range,
              {"UNKNOWN_KEY",
               StrCat("unknown key \"", key.name, "\"", what_.empty() ? "" : StrCat(" in ", what_)),
               nearest.empty() ? "" : StrCat("did you mean ", nearest, "?")});
  }
}

}  // namespace tidemark
