#include "model/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "base/check.h"
#include "model/time.h"

namespace tidemark {
namespace {

constexpr unsigned kMaxPower = 38;

constexpr std::array<Int128, kMaxPower + 1> MakePowers() {
  std::array<Int128, kMaxPower + 1> powers{};
  powers[0] = 1;
  for (unsigned i = 1; i <= kMaxPower; ++i) powers.at(i) = powers.at(i - 1) * 10;
  return powers;
}
constexpr std::array<Int128, kMaxPower + 1> kPowers = MakePowers();

Int128 RoundHalfAway(Int128 value, Int128 divisor) {
  const Int128 quotient = value / divisor;
  const Int128 rest = value % divisor;
  const Int128 magnitude = rest < 0 ? -rest : rest;
  if (magnitude < divisor - magnitude) return quotient;
  return quotient + (value < 0 ? -1 : 1);
}

UInt128 Magnitude(Int128 value) {
  return value < 0 ? ~static_cast<UInt128>(value) + 1 : static_cast<UInt128>(value);
}

// One decimal digit of rest * 10 / divisor by ten conditional subtractions: no intermediate leaves
// 128 bits.
unsigned NextDigit(UInt128& rest, UInt128 divisor) {
  UInt128 tenfold = 0;
  unsigned digit = 0;
  for (int i = 0; i < 10; ++i) {
    if (tenfold >= divisor - rest) {
      tenfold = tenfold - (divisor - rest);
      ++digit;
    } else {
      tenfold += rest;
    }
  }
  rest = tenfold;
  return digit;
}

void AppendBase64(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    }
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= have ? kAlphabet[group >> (18 - 6 * j) & 63] : '=');
    }
  }
}

void AppendDouble(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number == 0 ? 0.0 : number).ptr;
  out.append(text.data(), end);
}

struct JsonAppender {
  std::string& out;
  void operator()(Value::Null) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(Int128 value) const { out += ToString(value); }
  void operator()(const Decimal& value) const { out += value.ToString(); }
  void operator()(double value) const { AppendDouble(value, out); }
  void operator()(const std::string& value) const { AppendJsonString(value, out); }
  void operator()(const Value::Bytes& value) const {
    out += '"';
    AppendBase64(value.data, out);
    out += '"';
  }
  void operator()(Value::Time value) const { AppendJsonString(FormatTime(value.ms), out); }
  void operator()(const ValueList& values) const {
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out += ',';
      AppendJson(values[i], out);
    }
    out += ']';
  }
  void operator()(const ValueObject& fields) const {
    out += '{';
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i != 0) out += ',';
      AppendJsonString(fields[i].name, out);
      out += ':';
      AppendJson(fields[i].value, out);
    }
    out += '}';
  }
};

}  // namespace

Decimal Decimal::Normalized() const {
  Decimal result = *this;
  while (result.scale > 0 && result.unscaled % 10 == 0) {
    result.unscaled /= 10;
    --result.scale;
  }
  return result;
}

std::string Decimal::ToString() const {
  constexpr unsigned kOutputDigits = 6;
  Decimal rounded = *this;
  if (scale > kOutputDigits) {
    const unsigned drop = scale - kOutputDigits;
    rounded.unscaled = drop > kMaxPower ? 0 : RoundHalfAway(unscaled, kPowers.at(drop));
    rounded.scale = kOutputDigits;
  }
  rounded = rounded.Normalized();
  std::string digits = tidemark::ToString(rounded.unscaled);
  if (rounded.scale == 0) return digits;
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  if (digits.size() <= rounded.scale) digits.insert(0, rounded.scale + 1U - digits.size(), '0');
  digits.insert(digits.size() - rounded.scale, 1, '.');
  return negative ? "-" + digits : digits;
}

std::optional<Int128> ScaleUp(Int128 value, unsigned digits) {
  TM_CHECK(digits <= kMaxPower, "a power of ten beyond 10^38 does not fit 128 bits");
  Int128 result = 0;
  if (__builtin_mul_overflow(value, kPowers.at(digits), &result)) return std::nullopt;
  return result;
}

std::optional<Decimal> Divide(Decimal a, Decimal b) {
  constexpr unsigned kFractionDigits = 18;
  if (b.unscaled == 0) return std::nullopt;
  UInt128 rest = Magnitude(a.unscaled);
  UInt128 divisor = Magnitude(b.unscaled);
  UInt128 quotient = rest / divisor;
  rest %= divisor;
  // quotient * 10^(b.scale - a.scale) is wanted with 18 fraction digits: that many digits of long
  // division.
  const int digits = static_cast<int>(kFractionDigits) + b.scale - a.scale;
  if (digits < 0) {
    const Int128 power = -digits > static_cast<int>(kMaxPower)
                             ? kInt128Max
                             : kPowers.at(static_cast<std::size_t>(-digits));
    const auto floored = static_cast<Int128>(quotient);
    const Int128 rounded = RoundHalfAway(floored, power);
    return Decimal{(a.unscaled < 0) != (b.unscaled < 0) ? -rounded : rounded, kFractionDigits};
  }
  constexpr UInt128 kLimit = static_cast<UInt128>(kInt128Max);
  if (quotient > kLimit) return std::nullopt;
  for (int i = 0; i < digits; ++i) {
    const unsigned digit = NextDigit(rest, divisor);
    if (quotient > (kLimit - digit) / 10) return std::nullopt;
    quotient = quotient * 10 + digit;
  }
  if (rest >= divisor - rest) {
    if (quotient == kLimit) return std::nullopt;
    ++quotient;
  }
  const auto magnitude = static_cast<Int128>(quotient);
  return Decimal{(a.unscaled < 0) != (b.unscaled < 0) ? -magnitude : magnitude, kFractionDigits};
}

// By hand: clang 14 fails on std::variant's own comparison of a recursive type.
bool operator==(const Value& a, const Value& b) {
  if (a.content.index() != b.content.index()) return false;
  return std::visit(
      [&](const auto& left) { return left == std::get<std::decay_t<decltype(left)>>(b.content); },
      a.content);
}

void AppendJsonString(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void AppendJson(const Value& value, std::string& out) {
  std::visit(JsonAppender{out}, value.content);
}

}  // namespace tidemark
