#include "proof/json.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace tidemark::proof {
namespace {

// Turns a JSON text into canonical text while it is read, so that no number passes through a
// double.
class CanonicalReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Take("null"); }
  bool boolean(bool value) override { return Take(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return Take(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Take(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return Take(text); }
  bool string(string_t& value) override { return Take(StringText(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Kind::kObject); }
  bool key(string_t& name) override {
    levels_.back().name = name;
    return true;
  }
  bool end_object() override {
    const Level level = Close();
    if (levels_.empty()) {
      fields = level.members;
      return true;
    }
    return Take(ObjectText(level.members));
  }
  bool start_array(std::size_t) override { return Open(Kind::kArray); }
  bool end_array() override {
    const Level level = Close();
    return Take("[" + level.elements + "]");
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  std::optional<Fields> fields;

 private:
  enum class Kind { kObject, kArray };
  struct Level {
    Kind kind = Kind::kObject;
    std::string name;
    Fields members;
    std::string elements;
  };

  bool Open(Kind kind) {
    levels_.push_back({.kind = kind, .name = {}, .members = {}, .elements = {}});
    return true;
  }
  Level Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    return level;
  }
  // False: a value outside of any object, or a name given twice.
  bool Take(const std::string& text) {
    if (levels_.empty()) return false;
    Level& level = levels_.back();
    if (level.kind == Kind::kObject) return level.members.emplace(level.name, text).second;
    level.elements += (level.elements.empty() ? "" : ",") + text;
    return true;
  }

  std::vector<Level> levels_;
};

std::string Escaped(char c) {
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  if (const std::size_t at = kNamed.find(c); at != std::string_view::npos)
    return {'\\', kLetters[at]};
  if (static_cast<unsigned char>(c) >= 0x20) return {c};
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(c));
  return text.data();
}

}  // namespace

std::string QuotientText(Int128 numerator, Int128 denominator) {
  constexpr Int128 kMicro = 1'000'000;
  const bool negative = numerator < 0;
  const Int128 scaled = (negative ? -numerator : numerator) * kMicro;
  const Int128 micros = scaled / denominator + (scaled % denominator * 2 >= denominator ? 1 : 0);
  std::string fraction = ToString(micros % kMicro + kMicro).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string text = negative && micros != 0 ? "-" : "";
  text += ToString(micros / kMicro);
  return fraction.empty() ? text : text + "." + fraction;
}

std::string StringText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += Escaped(c);
  return out + "\"";
}

std::string TimeText(std::int64_t ms) {
  using std::chrono::days;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string out = "\"" + std::string(text.data());
  if (const auto rest = clock.subseconds().count(); rest != 0)
    out += "." + std::to_string(1'000 + rest).substr(1);
  return out + "Z\"";
}

std::optional<Fields> ParseFields(std::string_view json) {
  CanonicalReader reader;
  if (!nlohmann::json::sax_parse(json, &reader)) return std::nullopt;
  return reader.fields;
}

std::string ObjectText(const Fields& fields) {
  const auto text = [](const auto& field) { return StringText(field.first) + ":" + field.second; };
  return "{" + Join(fields, ",", text) + "}";
}

}  // namespace tidemark::proof
