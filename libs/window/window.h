// Windows and their slices (protocol 1.2, 1.5, 1.7, 1.8), as arithmetic on milliseconds.
//
// A window [start, end) is a union of slices [end - width, end): width = size for tumble, gcd(size,
// slide) for hop. Window starts lie at offset + k * slide, so ends at offset + size + k * slide;
// slice ends lie at offset + k * width. All functions are pure.
#pragma once

#include <cstdint>
#include <numeric>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/time.h"

namespace tidemark {

struct WindowSpec {
  enum class Kind : std::uint8_t { kTumble, kHop };
  Kind kind = Kind::kTumble;
  Duration size{60'000};
  Duration slide{60'000};  // = size for tumble
  Duration offset{0};      // in [0, slide)

  static constexpr std::int64_t kMaxSlicesPerWindow = 128;
  // Checks 0 < slide <= size and 0 <= offset < slide (a time of day is reduced modulo the slide by
  // the caller); a window of more than 128 slices or 100 years is refused with the reason.
  static Result<WindowSpec> Tumble(Duration size, Duration offset);
  static Result<WindowSpec> Hop(Duration size, Duration slide, Duration offset);

  std::int64_t slice_width() const { return std::gcd(size.count(), slide.count()); }
  // "tumble('5m')", "tumble('1d', starting_at => '06:00')", "hop(size => '5m', slide => '1m')".
  std::string ToString() const;
  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

// The quantities of one query's time, precomputed for the hot path.
struct WindowMath {
  std::int64_t size = 0;
  std::int64_t slide = 0;
  std::int64_t offset = 0;
  std::int64_t width = 0;     // of a slice
  std::int64_t lateness = 0;  // A
  std::int64_t tag_step = 0;  // q = gcd(width, A); width if A = 0

  // REQUIRES: `spec` comes from a factory, allowed_lateness >= 0.
  WindowMath(const WindowSpec& spec, Duration allowed_lateness);

  // End of the slice that holds `time`: the smallest slice end > time.
  std::int64_t SliceEnd(std::int64_t time) const { return AlignDown(time, width, offset) + width; }
  // Smallest and largest end of the windows that hold `time`, and so of those that hold its slice.
  std::int64_t FirstWindowEnd(std::int64_t time) const {
    return AlignDown(time, slide, offset + size) + slide;
  }
  std::int64_t LastWindowEnd(std::int64_t time) const {
    return AlignDown(time, slide, offset) + size;
  }
  // Late for the window that ends at `end`: W_s >= end + A.
  bool IsLate(std::int64_t window_end, std::int64_t watermark) const {
    return watermark != kNoWatermark && watermark >= window_end + lateness;
  }
  // The late tag of a record accepted at W_s for a slice: 0 if on time (protocol 1.8).
  std::int64_t Tag(std::int64_t slice_end, std::int64_t watermark) const {
    return watermark < slice_end ? 0 : AlignDown(watermark, tag_step, offset);
  }
};

}  // namespace tidemark
