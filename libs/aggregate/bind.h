// Checks that bind functions share. Internal to this library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aggregate/functions.h"

namespace tidemark {

// "a and b", "a, b or c" style text is written by hand; this only names what was given: "2
// arguments".
Status CheckArgumentCount(std::string_view call, BindTypes types, std::size_t expected);
bool IsNumeric(const Type& type);
// Error "call: x must be a number, got string" unless the type is numeric.
Status CheckNumeric(std::string_view call, std::string_view argument, const Type& type);
// Digits after the point of an argument's fixed-point form: 0 for integers, the scale of a decimal,
// 6 for doubles.
unsigned FixedDigits(const Type& type);
// The text of a literal, for messages: 95, 0.5, 'x', NULL.
std::string LiteralText(const Value& literal);

}  // namespace tidemark
