// The JSON of results: the text that the contract prescribes, and the reading of published rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/int128.h"

namespace tidemark::proof {

// numerator / denominator with at most 6 fraction digits, half away from zero, no trailing zeros.
// REQUIRES: denominator > 0, |numerator| < 2^106.
std::string QuotientText(Int128 numerator, Int128 denominator);
// With its quotes.
std::string StringText(std::string_view text);
// RFC 3339 UTC with its quotes; milliseconds only if not zero. REQUIRES: years 0 to 9999.
std::string TimeText(std::int64_t ms);

// Name -> canonical text of the value: numbers as they are written, members of objects sorted.
using Fields = std::map<std::string, std::string>;
// The members of a JSON object; nullopt if the text is none or names a member twice.
std::optional<Fields> ParseFields(std::string_view json);
// {"name":value,...}
std::string ObjectText(const Fields& fields);

}  // namespace tidemark::proof
