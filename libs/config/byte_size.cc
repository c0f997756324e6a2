#include "config/byte_size.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  int shift;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};
constexpr auto kMaxBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

std::optional<std::uint64_t> ParseByteSize(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (unit.name == name && count <= kMaxBytes >> unit.shift) return count << unit.shift;
  }
  return std::nullopt;
}

std::string FormatByteSize(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = bytes >> unit.shift;
    if (count << unit.shift == bytes && (count > 0 || unit.shift == 0))
      return StrCat(count, unit.name);
  }
  return {};
}

}  // namespace tidemark
