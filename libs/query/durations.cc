#include <array>
#include <charconv>

#include "base/text.h"
#include "model/time.h"
#include "query/literals.h"

namespace tidemark {
namespace {

struct UnitName {
  std::string_view name;  // in the singular
  std::int64_t ms;
};
constexpr std::array<UnitName, 13> kUnits = {{{"day", 86'400'000},
                                              {"d", 86'400'000},
                                              {"hour", 3'600'000},
                                              {"hr", 3'600'000},
                                              {"h", 3'600'000},
                                              {"minute", 60'000},
                                              {"min", 60'000},
                                              {"m", 60'000},
                                              {"second", 1'000},
                                              {"sec", 1'000},
                                              {"s", 1'000},
                                              {"millisecond", 1},
                                              {"ms", 1}}};

std::string_view TakeWord(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::int64_t UnitMs(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const UnitName& unit : kUnits) {
    if (lower == unit.name || lower == StrCat(unit.name, "s")) return unit.ms;
  }
  return 0;
}

// "5 minutes", "1 hour 30 minutes"; nullopt if it is anything else.
std::optional<Duration> ParseInterval(std::string_view text) {
  constexpr std::int64_t kMax = 3'155'760'000'000;  // 100 years
  std::int64_t total = 0;
  std::string_view count_word = TakeWord(text);
  if (count_word.empty()) return std::nullopt;
  for (; !count_word.empty(); count_word = TakeWord(text)) {
    std::int64_t count = 0;
    const auto [end, error] =
        std::from_chars(count_word.data(), count_word.data() + count_word.size(), count);
    const std::int64_t unit = UnitMs(TakeWord(text));
    if (error != std::errc() || end != count_word.data() + count_word.size()) return std::nullopt;
    if (unit == 0 || count < 0 || count > kMax / unit) return std::nullopt;
    total += count * unit;
    if (total > kMax) return std::nullopt;
  }
  return Duration(total);
}

}  // namespace

std::optional<Duration> ReadDuration(const SqlExpr& expr, SqlReporter& reporter) {
  const bool interval = expr.kind == SqlExpr::Kind::kInterval;
  std::optional<Duration> duration;
  if (interval || expr.kind == SqlExpr::Kind::kText) duration = ParseDuration(expr.text);
  if (!duration && interval) duration = ParseInterval(expr.text);
  if (duration || expr.kind == SqlExpr::Kind::kRefused) return duration;
  const auto meant = ParseInterval(expr.text);
  reporter.Add(expr.offset, expr.length,
               {"BAD_DURATION",
                expr.text.empty() ? "a duration must stand here"
                                  : StrCat("'", expr.text, "' is not a duration"),
                meant ? StrCat("write '", FormatDuration(*meant), "'")
                      : "write '250ms', '30s', '5m', '1h' or interval '5 minutes'"});
  return std::nullopt;
}

}  // namespace tidemark
