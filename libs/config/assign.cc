#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "config/byte_size.h"
#include "config/setting.h"
#include "model/time.h"

namespace tidemark {
namespace {

template <class T>
struct Word {
  std::string_view name;
  T value;
};
constexpr std::array kBooleans = {Word<bool>{"false", false}, Word<bool>{"true", true}};
constexpr std::array kLevels = {
    Word<LogLevel>{"debug", LogLevel::kDebug}, Word<LogLevel>{"info", LogLevel::kInfo},
    Word<LogLevel>{"warn", LogLevel::kWarning}, Word<LogLevel>{"error", LogLevel::kError},
    Word<LogLevel>{"off", LogLevel::kOff}};
constexpr std::array kFormats = {Word<LogFormat>{"text", LogFormat::kText},
                                 Word<LogFormat>{"json", LogFormat::kJson}};

template <class Words>
std::string Names(const Words& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += StrCat(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i].name);
  }
  return out;
}

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The types of fields: each has a name for the documentation, its bounds in words, and its parser.
struct FieldTypes {
  const Setting& setting;

  std::string Range() const { return StrCat("from ", setting.min, " to ", setting.max); }
  std::string Expected() const {
    return setting.shape == nullptr ? std::string() : std::string(setting.shape->expected);
  }

  std::string_view Name(const std::string*) const { return "text"; }
  std::string_view Name(const std::vector<std::string>*) const { return "list"; }
  std::string_view Name(const Duration*) const { return "duration"; }
  std::string_view Name(const std::uint64_t*) const { return "size"; }
  std::string_view Name(const std::int64_t*) const { return "number"; }
  std::string_view Name(const bool*) const { return "boolean"; }
  std::string_view Name(const LogLevel*) const { return "word"; }
  std::string_view Name(const LogFormat*) const { return "word"; }
  std::string_view Name(const std::map<std::string, std::string>*) const { return "mapping"; }

  std::string Bounds(const std::string*) const { return Expected(); }
  std::string Bounds(const std::vector<std::string>*) const { return Expected(); }
  std::string Bounds(const Duration*) const { return Range(); }
  std::string Bounds(const std::uint64_t*) const { return Range(); }
  std::string Bounds(const std::int64_t*) const { return Range(); }
  std::string Bounds(const bool*) const { return Names(kBooleans); }
  std::string Bounds(const LogLevel*) const { return Names(kLevels); }
  std::string Bounds(const LogFormat*) const { return Names(kFormats); }
  std::string Bounds(const std::map<std::string, std::string>*) const { return {}; }
};

class Parser {
 public:
  Parser(const Setting& setting, std::string_view text) : setting_(setting), text_(text) {}

  std::optional<Problem> operator()(std::string* field) const {
    if (auto problem = CheckShape(text_)) return problem;
    *field = text_;
    return std::nullopt;
  }

  std::optional<Problem> operator()(std::vector<std::string>* field) const {
    std::vector<std::string> items;
    for (std::string_view rest = text_;;) {
      const std::size_t comma = rest.find(',');
      if (auto problem = CheckShape(rest.substr(0, comma))) return problem;
      items.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    *field = std::move(items);
    return std::nullopt;
  }

  std::optional<Problem> operator()(Duration* field) const {
    return InRange(ParseDuration, "duration", "write 250ms, 10s, 5m or 1h30m", *field);
  }
  std::optional<Problem> operator()(std::uint64_t* field) const {
    return InRange(ParseByteSize, "size", "write 512MiB or 1GiB", *field);
  }
  std::optional<Problem> operator()(std::int64_t* field) const {
    return InRange(ParseNumber, "whole number", "", *field);
  }
  std::optional<Problem> operator()(bool* field) const { return OneOf(kBooleans, *field); }
  std::optional<Problem> operator()(LogLevel* field) const { return OneOf(kLevels, *field); }
  std::optional<Problem> operator()(LogFormat* field) const { return OneOf(kFormats, *field); }
  std::optional<Problem> operator()(std::map<std::string, std::string>*) const {
    TM_CHECK(false, "a mapping has no single text");
    return std::nullopt;
  }

 private:
  Problem Wrong(std::string_view expected, std::string suggestion) const {
    return {"BAD_VALUE", StrCat(setting_.path, " must be ", expected, ", not \"", text_, "\""),
            std::move(suggestion)};
  }

  std::optional<Problem> CheckShape(std::string_view item) const {
    if (setting_.shape == nullptr || setting_.shape->fits(item)) return std::nullopt;
    return Problem{
        "BAD_VALUE",
        StrCat(setting_.path, " must be ", setting_.shape->expected, ", not \"", item, "\""),
        StrCat("for example ", setting_.shape->example)};
  }

  template <class Parse, class T>
  std::optional<Problem> InRange(Parse parse, std::string_view what, std::string_view units,
                                 T& field) const {
    const auto value = parse(text_);
    const auto min = parse(setting_.min);
    const auto max = parse(setting_.max);
    TM_CHECK(min && max, "bounds of the table of settings do not parse");
    if (!value) {
      return Wrong(StrCat("a ", what, " from ", setting_.min, " to ", setting_.max),
                   std::string(units));
    }
    if (*value < *min) return Wrong(StrCat("at least ", setting_.min), {});
    if (*value > *max) return Wrong(StrCat("at most ", setting_.max), {});
    field = *value;
    return std::nullopt;
  }

  template <class Words, class T>
  std::optional<Problem> OneOf(const Words& words, T& field) const {
    std::vector<std::string_view> names;
    for (const auto& word : words) {
      names.push_back(word.name);
      if (word.name == text_) {
        field = word.value;
        return std::nullopt;
      }
    }
    const std::string_view nearest = Nearest(text_, names);
    return Wrong(Names(words), nearest.empty() ? "" : StrCat("did you mean ", nearest, "?"));
  }

  const Setting& setting_;
  std::string_view text_;
};

// The address of the field in a configuration nobody reads, for its type alone.
SettingField TypeOf(const Setting& setting) {
  static Configuration unread;
  return setting.field(unread);
}

}  // namespace

std::string_view TypeName(const Setting& setting) {
  return std::visit([&](auto* field) { return FieldTypes{setting}.Name(field); }, TypeOf(setting));
}

bool IsList(const Setting& setting) {
  return std::holds_alternative<std::vector<std::string>*>(TypeOf(setting));
}

bool IsMapping(const Setting& setting) {
  return std::holds_alternative<std::map<std::string, std::string>*>(TypeOf(setting));
}

std::string Bounds(const Setting& setting) {
  return std::visit([&](auto* field) { return FieldTypes{setting}.Bounds(field); },
                    TypeOf(setting));
}

std::optional<Problem> Assign(const Setting& setting, std::string_view text, Configuration& into) {
  return std::visit(Parser(setting, text), setting.field(into));
}

}  // namespace tidemark
