#include "model/time.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// Civil-date arithmetic by eras of 400 years, each 146,097 days, years counted from March.
std::int64_t DaysFromCivil(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t era = FloorDiv(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

struct Civil {
  std::int64_t year;
  int month;
  int day;
};

Civil CivilFromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = FloorDiv(days, 146'097);
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto shifted = static_cast<int>((5 * day_of_year + 2) / 153);
  const int month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

// Takes exactly `width` digits from the front of `text`.
std::optional<int> TakeDigits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

int DaysInMonth(int year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays.at(static_cast<std::size_t>(month - 1));
}

std::optional<std::int64_t> TakeDate(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, "-")) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || *month < 1 || *month > 12 || !TakeChar(text, "-")) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || *day < 1 || *day > DaysInMonth(*year, *month)) return std::nullopt;
  return DaysFromCivil(*year, *month, *day) * kDayMs;
}

// Hours and minutes with a colon between them, in ms.
std::optional<std::int64_t> TakeHoursMinutes(std::string_view& text) {
  const auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ":")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  return (*hour * 60LL + *minute) * 60'000;
}

std::optional<std::int64_t> TakeTimeOfDay(std::string_view& text) {
  const auto hours_minutes = TakeHoursMinutes(text);
  if (!hours_minutes || !TakeChar(text, ":")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  std::int64_t ms = *hours_minutes + *second * 1'000LL;
  if (TakeChar(text, ".")) {
    std::int64_t scale = 100;
    const std::size_t before = text.size();
    while (auto digit = TakeDigits(text, 1)) {
      ms += *digit * scale;
      scale /= 10;
    }
    if (text.size() == before) return std::nullopt;
  }
  return ms;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::string FormatTime(std::int64_t ms) {
  const std::int64_t days = FloorDiv(ms, kDayMs);
  const Civil civil = CivilFromDays(days);
  const auto rest = static_cast<int>(ms - days * kDayMs);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d",
                static_cast<int>(civil.year), civil.month, civil.day, rest / 3'600'000,
                rest / 60'000 % 60, rest / 1'000 % 60);
  std::string out = text.data();
  if (rest % 1'000 != 0) {
    std::snprintf(text.data(), text.size(), ".%03d", rest % 1'000);
    out += text.data();
  }
  return out + "Z";
}

std::optional<EventTime> ParseTime(std::string_view text) {
  const auto date = TakeDate(text);
  if (!date) return std::nullopt;
  if (text.empty()) return EventTime(*date);
  if (!TakeChar(text, "Tt ")) return std::nullopt;
  const auto time = TakeTimeOfDay(text);
  if (!time) return std::nullopt;
  std::int64_t offset = 0;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    const bool west = text.front() == '-';
    text.remove_prefix(1);
    const auto shift = TakeHoursMinutes(text);
    if (!shift) return std::nullopt;
    offset = west ? -*shift : *shift;
  } else if (!TakeChar(text, "Zz")) {
    return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return EventTime(*date + *time - offset);
}

std::optional<Duration> ParseDuration(std::string_view text) {
  constexpr std::int64_t kMax = 36'525 * kDayMs;
  std::int64_t total = 0;
  std::size_t last_unit = kUnits.size();
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0 || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t length = 0;
    while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
    std::size_t unit = 0;
    while (unit < kUnits.size() && kUnits.at(unit).name != text.substr(0, length)) ++unit;
    const bool in_order = last_unit == kUnits.size() || unit > last_unit;
    if (unit == kUnits.size() || !in_order || count > kMax / kUnits.at(unit).ms)
      return std::nullopt;
    total += count * kUnits.at(unit).ms;
    if (total > kMax) return std::nullopt;
    last_unit = unit;
    text.remove_prefix(length);
  }
  return Duration(total);
}

std::string FormatDuration(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out = rest < 0 ? "-" : "";
  rest = rest < 0 ? -rest : rest;
  for (const Unit& unit : kUnits) {
    if (rest >= unit.ms) {
      out += StrCat(rest / unit.ms, unit.name);
      rest %= unit.ms;
    }
  }
  return out;
}

}  // namespace tidemark
