#include "window/window.h"

#include <array>
#include <cstdio>
#include <numeric>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kLongestWindow{36'525LL * 86'400'000};
constexpr Duration kDay{86'400'000};

Status CheckDurations(const WindowSpec& spec) {
  if (spec.size <= Duration::zero()) {
    return Status::Invalid(
        StrCat("a window's size must be positive, got ", FormatDuration(spec.size)));
  }
  if (spec.size > kLongestWindow)
    return Status::Invalid("a window cannot be longer than 100 years");
  if (spec.slide <= Duration::zero()) {
    return Status::Invalid(
        StrCat("a window's slide must be positive, got ", FormatDuration(spec.slide)));
  }
  if (spec.slide > spec.size) {
    return Status::Invalid(StrCat("a slide of ", FormatDuration(spec.slide), " beyond the size of ",
                                  FormatDuration(spec.size),
                                  " would leave events out; write slide => '",
                                  FormatDuration(spec.size), "' or less"));
  }
  return {};
}

Status CheckOffset(const WindowSpec& spec) {
  if (spec.offset >= Duration::zero() && spec.offset < spec.slide) return {};
  return Status::Invalid(StrCat("a window's offset must be at least 0s and less than ",
                                FormatDuration(spec.slide), ", got ", FormatDuration(spec.offset)));
}

Status CheckSlices(const WindowSpec& spec) {
  const std::int64_t slices = spec.size.count() / spec.slice_width();
  if (slices <= WindowSpec::kMaxSlicesPerWindow) return {};
  return Status::Invalid(StrCat("a window of ", FormatDuration(spec.size), " every ",
                                FormatDuration(spec.slide), " consists of ", slices, " slices of ",
                                FormatDuration(Duration(spec.slice_width())), ", at most ",
                                WindowSpec::kMaxSlicesPerWindow,
                                " are possible; choose a longer slide that divides the size"));
}

Result<WindowSpec> Checked(const WindowSpec& spec) {
  TM_RETURN_IF_ERROR(CheckDurations(spec));
  TM_RETURN_IF_ERROR(CheckOffset(spec));
  TM_RETURN_IF_ERROR(CheckSlices(spec));
  return spec;
}

// A time of day where it is one, else a duration.
std::string FormatOffset(Duration offset) {
  if (offset >= kDay || offset.count() % 1'000 != 0) return FormatDuration(offset);
  const auto seconds = static_cast<int>(offset.count() / 1'000);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), seconds % 60 == 0 ? "%02d:%02d" : "%02d:%02d:%02d",
                seconds / 3'600, seconds / 60 % 60, seconds % 60);
  return text.data();
}

}  // namespace

Result<WindowSpec> WindowSpec::Tumble(Duration size, Duration offset) {
  return Checked({.kind = Kind::kTumble, .size = size, .slide = size, .offset = offset});
}

Result<WindowSpec> WindowSpec::Hop(Duration size, Duration slide, Duration offset) {
  return Checked({.kind = Kind::kHop, .size = size, .slide = slide, .offset = offset});
}

std::string WindowSpec::ToString() const {
  const std::string start =
      offset == Duration::zero() ? "" : StrCat(", starting_at => '", FormatOffset(offset), "'");
  if (kind == Kind::kTumble) return StrCat("tumble('", FormatDuration(size), "'", start, ")");
  return StrCat("hop(size => '", FormatDuration(size), "', slide => '", FormatDuration(slide), "'",
                start, ")");
}

WindowMath::WindowMath(const WindowSpec& spec, Duration allowed_lateness)
    : size(spec.size.count()),
      slide(spec.slide.count()),
      offset(spec.offset.count()),
      width(spec.slice_width()),
      lateness(allowed_lateness.count()),
      tag_step(std::gcd(width, lateness)) {}

}  // namespace tidemark
