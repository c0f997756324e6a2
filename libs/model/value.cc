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
  const Int128 rest = value - quotient * divisor;
  const Int128 magnitude = rest < 0 ? -rest : rest;
  if (magnitude < divisor - magnitude) return quotient;
  return quotient + (value < 0 ? -1 : 1);
}

UInt128 Magnitude(Int128 value) {
  return value < 0 ? ~static_cast<UInt128>(value) + 1 : static_cast<UInt128>(value);
}

constexpr unsigned kOutputDigits = 6;
constexpr unsigned kQuotientDigits = 18;

bool FitsWord(UInt128 value) { return value >> 64 == 0; }

// Divide for operands of 64 bits and at most 18 digits of long division, which are nearly all: no
// product leaves 128 bits.
Int128 DivideWords(UInt128 magnitude, UInt128 divisor, unsigned digits) {
  const auto power = static_cast<UInt128>(kPowers.at(digits));
  const auto whole = static_cast<std::uint64_t>(magnitude) / static_cast<std::uint64_t>(divisor);
  const UInt128 rest = (magnitude - whole * divisor) * power;
  const UInt128 fraction = rest / divisor;
  const UInt128 left = rest - fraction * divisor;
  const UInt128 quotient = whole * power + fraction;
  return static_cast<Int128>(left >= divisor - left ? quotient + 1 : quotient);
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

void AppendInteger(Int128 value, std::string& out) {
  const auto word = static_cast<std::int64_t>(value);
  if (word != value) {
    out += ToString(value);
    return;
  }
  std::array<char, 20> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), word).ptr);
}

// REQUIRES: at most kOutputDigits fraction digits, no trailing zeros among them.
void AppendNormalized(const Decimal& value, std::string& out) {
  const std::size_t begin = out.size() + (value.unscaled < 0 ? 1 : 0);
  AppendInteger(value.unscaled, out);
  if (value.scale == 0) return;
  const std::size_t digits = out.size() - begin;
  if (digits <= value.scale) out.insert(begin, value.scale + 1U - digits, '0');
  out.insert(out.size() - value.scale, 1, '.');
}

void AppendDecimal(const Decimal& value, std::string& out) {
  Decimal rounded = value;
  if (value.scale > kOutputDigits) {
    const unsigned drop = value.scale - kOutputDigits;
    rounded.unscaled = drop > kMaxPower ? 0 : RoundHalfAway(value.unscaled, kPowers.at(drop));
    rounded.scale = kOutputDigits;
  }
  AppendNormalized(rounded.Normalized(), out);
}

struct JsonAppender {
  std::string& out;
  void operator()(Value::Null) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(Int128 value) const { AppendInteger(value, out); }
  void operator()(const Decimal& value) const { AppendDecimal(value, out); }
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
  if (auto word = static_cast<std::int64_t>(unscaled); word == unscaled) {
    for (; result.scale > 0 && word % 10 == 0; --result.scale) word /= 10;
    result.unscaled = word;
    return result;
  }
  while (result.scale > 0 && result.unscaled % 10 == 0) {
    result.unscaled /= 10;
    --result.scale;
  }
  return result;
}

std::string Decimal::ToString() const {
  std::string text;
  AppendDecimal(*this, text);
  return text;
}

std::optional<Int128> ScaleUp(Int128 value, unsigned digits) {
  TM_CHECK(digits <= kMaxPower, "a power of ten beyond 10^38 does not fit 128 bits");
  Int128 result = 0;
  if (__builtin_mul_overflow(value, kPowers.at(digits), &result)) return std::nullopt;
  return result;
}

std::optional<Decimal> Divide(Decimal a, Decimal b) {
  if (b.unscaled == 0) return std::nullopt;
  UInt128 rest = Magnitude(a.unscaled);
  const UInt128 divisor = Magnitude(b.unscaled);
  // quotient * 10^(b.scale - a.scale) is wanted with 18 fraction digits: that many digits of long
  // division.
  const int digits = static_cast<int>(kQuotientDigits) + b.scale - a.scale;
  if (digits >= 0 && digits <= static_cast<int>(kQuotientDigits) && FitsWord(rest) &&
      FitsWord(divisor)) {
    const Int128 quotient = DivideWords(rest, divisor, static_cast<unsigned>(digits));
    return Decimal{(a.unscaled < 0) != (b.unscaled < 0) ? -quotient : quotient, kQuotientDigits};
  }
  UInt128 quotient = rest / divisor;
  rest %= divisor;
  if (digits < 0) {
    const Int128 power = -digits > static_cast<int>(kMaxPower)
                             ? kInt128Max
                             : kPowers.at(static_cast<std::size_t>(-digits));
    const auto floored = static_cast<Int128>(quotient);
    const Int128 rounded = RoundHalfAway(floored, power);
    return Decimal{(a.unscaled < 0) != (b.unscaled < 0) ? -rounded : rounded, kQuotientDigits};
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
  return Decimal{(a.unscaled < 0) != (b.unscaled < 0) ? -magnitude : magnitude, kQuotientDigits};
}

// By hand: clang 14 fails on std::variant's own comparison of a recursive type.
bool operator==(const Value& a, const Value& b) {
  if (a.content.index() != b.content.index()) return false;
  return std::visit(
      [&](const auto& left) { return left == std::get<std::decay_t<decltype(left)>>(b.content); },
      a.content);
}

namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void AppendEscaped(char c, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kNames = "\"\\bfnrt";
  out += '\\';
  if (const std::size_t named = kNamed.find(c); named != std::string_view::npos) {
    out += kNames[named];
    return;
  }
  out += "u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out.append(text, written, i - written);
    AppendEscaped(text[i], out);
    written = i + 1;
  }
  out.append(text, written, text.size() - written);
  out += '"';
}

void AppendJson(const Value& value, std::string& out) {
  std::visit(JsonAppender{out}, value.content);
}

}  // namespace tidemark
