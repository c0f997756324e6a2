// One value outside the hot path: literals, group keys at output, results of aggregates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/int128.h"

namespace tidemark {

// unscaled * 10^-scale. Equality compares representation; use DecimalLess or Normalized for value.
struct Decimal {
  Int128 unscaled = 0;
  std::uint8_t scale = 0;
  // The same value without trailing zeros of its fraction.
  Decimal Normalized() const;
  // At most 6 fraction digits (half away from zero), no exponent, no trailing zeros: 12, 12.5,
  // -0.333333.
  std::string ToString() const;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// a / b with 18 fraction digits, rounded half away from zero (protocol 11.15). Exact for every
// Int128 pair. nullopt if b is zero or the quotient does not fit.
std::optional<Decimal> Divide(Decimal a, Decimal b);
// value * 10^digits; nullopt on overflow. REQUIRES: digits <= 38.
std::optional<Int128> ScaleUp(Int128 value, unsigned digits);

struct Value;
using ValueList = std::vector<Value>;
struct ObjectField;
using ValueObject = std::vector<ObjectField>;  // in order

struct Value {
  struct Null {
    friend bool operator==(Null, Null) { return true; }
  };
  struct Bytes {
    std::string data;
    friend bool operator==(const Bytes&, const Bytes&) = default;
  };
  struct Time {
    std::int64_t ms = 0;
    friend bool operator==(Time, Time) = default;
  };
  // Int128 holds integers, Decimal decimals; enums are their short names.
  std::variant<Null, bool, Int128, Decimal, double, std::string, Bytes, Time, ValueList,
               ValueObject>
      content;

  bool is_null() const { return std::holds_alternative<Null>(content); }
  friend bool operator==(const Value&, const Value&);
};

struct ObjectField {
  std::string name;
  Value value;
  friend bool operator==(const ObjectField&, const ObjectField&) = default;
};

// Canonical JSON text (contract 4): no spaces, non-ASCII as is, escapes only for `"`, `\`, \b \f \n
// \r \t and \u00xx in lower case; bytes as base64; times as RFC 3339; doubles must not reach it as
// NaN or infinity (null).
void AppendJson(const Value& value, std::string& out);
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace tidemark
