// Event time and watermarks: int64 milliseconds UTC since the Unix epoch. All divisions floor.
#pragma once

#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/strong.h"

namespace tidemark {

using EventTime = Strong<struct EventTimeTag, std::int64_t>;
// W says: every event time t < W of its partition has passed. None until the first valid record.
using Watermark = Strong<struct WatermarkTag, std::int64_t>;

// "No watermark yet" where a plain integer stands for one, as in columns: below every valid event
// time.
inline constexpr std::int64_t kNoWatermark = std::numeric_limits<std::int64_t>::min();
inline std::int64_t ToColumn(std::optional<Watermark> watermark) {
  return watermark ? watermark->value() : kNoWatermark;
}
inline std::optional<Watermark> FromColumn(std::int64_t value) {
  return value == kNoWatermark ? std::nullopt : std::optional(Watermark(value));
}

inline constexpr EventTime kMinEventTimeDefault{std::int64_t{946'684'800'000}};  // 2000-01-01
inline constexpr EventTime kMaxEventTime{
    std::int64_t{253'402'300'799'999}};  // 9999-12-31T23:59:59.999

// REQUIRES: divisor > 0.
constexpr std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}
// The largest `origin + k * width` that is <= value. REQUIRES: width > 0.
constexpr std::int64_t AlignDown(std::int64_t value, std::int64_t width, std::int64_t origin) {
  return FloorDiv(value - origin, width) * width + origin;
}

// RFC 3339, UTC, `Z`, milliseconds only if not zero: 2026-11-25T10:00:00Z.
std::string FormatTime(std::int64_t ms);
// RFC 3339 with any offset, or a plain date; nullopt if malformed.
std::optional<EventTime> ParseTime(std::string_view text);
// "5m", "30s", "1h", "1d", "250ms", "1h30m"; nullopt if malformed, negative or beyond 100 years.
std::optional<Duration> ParseDuration(std::string_view text);
// The shortest text that ParseDuration reads back: "1h30m", "0s".
std::string FormatDuration(Duration duration);

}  // namespace tidemark
