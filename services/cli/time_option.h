// An option that takes a point in time: RFC 3339, a date, or HH:MM of today, UTC.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "model/time.h"

namespace tidemark {

// The time as ParseTime reads it; "" if `text` is none. `now_ms`: some time of today, UTC.
inline std::string FullTime(const std::string& text, std::int64_t now_ms) {
  if (ParseTime(text)) return text;
  const std::string full = StrCat(FormatTime(now_ms).substr(0, 11), text, ":00Z");
  return text.size() == 5 && ParseTime(full) ? full : "";
}

// Refuses what is no time; the command gets what ParseTime reads.
inline CLI::Validator IsTime() {
  const auto check = [](std::string& text) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string full =
        FullTime(text, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    if (full.empty()) {
      return StrCat("'", text,
                    "' is no time; write it as 2026-01-05T09:00:00Z, or 09:00 of today, ", "UTC");
    }
    text = full;
    return std::string();
  };
  return {check, "TIME"};
}

}  // namespace tidemark
