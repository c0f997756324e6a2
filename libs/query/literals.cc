#include "query/literals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/time.h"

namespace tidemark {
namespace {

using Kind = SqlExpr::Kind;

void Report(const SqlExpr& expr, SqlReporter& reporter, Problem problem) {
  reporter.Add(expr.offset, expr.length, std::move(problem));
}

std::string Quoted(std::string_view text) { return StrCat("'", text, "'"); }

// What someone would call the literal.
std::string_view Describe(const SqlExpr& expr) {
  if (expr.kind == Kind::kNumber) return "a number";
  if (expr.kind == Kind::kText) return "a text";
  return expr.kind == Kind::kInterval ? "an interval" : "a boolean";
}

std::optional<Literal> ReportMismatch(const SqlExpr& expr, const Type& type,
                                      SqlReporter& reporter) {
  static constexpr std::array<std::string_view, 8> kExamples = {
      "write TRUE or FALSE",
      "write a number, such as 5",
      "write a number, such as 5",
      "write a number, such as 5.5",
      "write a text, such as 'a'",
      "bytes can only be tested with IS NULL",
      "write one of its names, such as 'COMPLETED'",
      "write a time, such as '2026-11-25T10:00:00Z'"};
  const auto index = static_cast<std::size_t>(type.kind);
  std::string example(index < kExamples.size() ? kExamples.at(index)
                                               : "counts(x) counts the elements of an array");
  if (type.kind == TypeKind::kEnum && type.enumeration && !type.enumeration->entries.empty()) {
    example = StrCat("write one of its names, such as ",
                     Quoted(type.enumeration->entries.back().short_name));
  }
  Report(expr, reporter,
         {"WRONG_TYPE",
          StrCat(Describe(expr), " cannot be compared with a value of type ", type.ToString()),
          std::move(example)});
  return std::nullopt;
}

// "UNKNOWN(17)", the name of a number that the schema does not know.
std::optional<std::int32_t> ParseUnknown(std::string_view text) {
  constexpr std::string_view kPrefix = "UNKNOWN(";
  if (!text.starts_with(kPrefix) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  text.remove_suffix(1);
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The nearest name, else the first few.
std::string SuggestName(std::string_view text, const EnumDomain& domain) {
  constexpr std::size_t kMaxListed = 12;
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::vector<std::string_view> names;
  for (const auto& entry : domain.entries) {
    if (entry.number != 0 || !domain.zero_is_null) names.push_back(entry.short_name);
  }
  std::string list = Join(std::span(names).first(std::min(names.size(), kMaxListed)), ", ");
  if (names.size() > kMaxListed) list += ", ...";
  for (const auto& entry : domain.entries) names.push_back(entry.full_name);
  const std::string_view nearest = Nearest(upper, names);
  return nearest.empty() ? StrCat("its values are ", list)
                         : StrCat("did you mean ", Quoted(nearest), "?");
}

constexpr int kMaxDigits = 38;

// unscaled * 10^-scale, with at most 38 digits.
struct Digits {
  Int128 unscaled = 0;
  int count = 0;  // from the first that is not zero
  int scale = 0;

  bool Append(int digit) {
    if (count == kMaxDigits) return false;
    unscaled = unscaled * 10 + digit;
    count += unscaled != 0 ? 1 : 0;
    return true;
  }
  // Times 10^exponent. False if it does not fit.
  bool Shift(int exponent) {
    if (exponent > kMaxDigits || exponent < -kMaxDigits) return false;
    for (scale -= exponent; scale < 0; ++scale) {
      if (!Append(0)) return false;
    }
    return scale <= kMaxDigits;
  }
};

std::optional<Digits> ParseDigits(std::string_view text) {
  Digits digits;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9' || !digits.Append(c - '0')) return std::nullopt;
    digits.scale += fraction ? 1 : 0;
  }
  return digits;
}

// "", "e3", "E-2".
std::optional<int> ParseExponent(std::string_view text) {
  if (text.empty()) return 0;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return exponent;
}

std::optional<Literal> ReadEnum(const SqlExpr& expr, const Type& type, SqlReporter& reporter) {
  const EnumDomain& domain = *type.enumeration;
  if (const auto number = ParseUnknown(expr.text)) return Literal{type, Value{Int128{*number}}};
  const EnumDomain::Entry* entry = domain.Find(expr.text);
  if (entry == nullptr) {
    Report(expr, reporter,
           {"UNKNOWN_ENUM_VALUE", StrCat(Quoted(expr.text), " is not a value of ", type.ToString()),
            SuggestName(expr.text, domain)});
    return std::nullopt;
  }
  if (entry->number == 0 && domain.zero_is_null) {
    Report(expr, reporter,
           {"WRONG_TYPE", StrCat(Quoted(expr.text), " is NULL here and equals nothing"),
            "write IS NULL"});
    return std::nullopt;
  }
  return Literal{type, Value{Int128{entry->number}}};
}

std::optional<Literal> ReadTime(const SqlExpr& expr, SqlReporter& reporter) {
  const auto time = ParseTime(expr.text);
  if (time) return Literal{Type::Of(TypeKind::kTimestamp), Value{Value::Time{time->value()}}};
  Report(expr, reporter,
         {"BAD_TIME", StrCat(Quoted(expr.text), " is not a time"),
          "write '2026-11-25T10:00:00Z' or '2026-11-25'"});
  return std::nullopt;
}

std::optional<Literal> ReadText(const SqlExpr& expr, const Type& type, SqlReporter& reporter) {
  if (type.kind == TypeKind::kEnum && type.enumeration) return ReadEnum(expr, type, reporter);
  if (type.kind == TypeKind::kTimestamp) return ReadTime(expr, reporter);
  if (type.kind == TypeKind::kString) return ReadLiteral(expr, reporter);
  return ReportMismatch(expr, type, reporter);
}

bool IsNumeric(const Type& type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kDecimal ||
         type.kind == TypeKind::kDouble;
}

}  // namespace

bool IsLiteral(const SqlExpr& expr) {
  static constexpr std::array<Kind, 6> kLiterals = {Kind::kNumber, Kind::kText, Kind::kTrue,
                                                    Kind::kFalse,  Kind::kNull, Kind::kInterval};
  return std::find(kLiterals.begin(), kLiterals.end(), expr.kind) != kLiterals.end();
}

std::optional<Literal> ParseNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::optional<int> exponent = ParseExponent(text.substr(e));
  std::optional<Digits> digits = ParseDigits(text.substr(0, e));
  if (!exponent || !digits || !digits->Shift(*exponent)) return std::nullopt;
  const Int128 unscaled = negative ? -digits->unscaled : digits->unscaled;
  const bool fits = unscaled >= std::numeric_limits<std::int64_t>::min() &&
                    unscaled <= std::numeric_limits<std::int64_t>::max();
  if (digits->scale == 0 && fits) return Literal{Type::Of(TypeKind::kInteger), Value{unscaled}};
  const auto scale = static_cast<std::uint8_t>(digits->scale);
  return Literal{Type::DecimalOf(scale), Value{Decimal{unscaled, scale}}};
}

std::optional<Literal> ReadLiteral(const SqlExpr& expr, SqlReporter& reporter) {
  if (expr.kind == Kind::kTrue || expr.kind == Kind::kFalse) {
    return Literal{Type::Of(TypeKind::kBool), Value{expr.kind == Kind::kTrue}};
  }
  if (expr.kind == Kind::kText) return Literal{Type::Of(TypeKind::kString), Value{expr.text}};
  if (expr.kind == Kind::kNull) return Literal{Type::Of(TypeKind::kBool), Value{}};
  if (expr.kind == Kind::kInterval) {
    Report(expr, reporter,
           {"WRONG_TYPE", "an interval can only stand in a window", "write tumble('5m')"});
    return std::nullopt;
  }
  auto number = ParseNumber(expr.text);
  if (!number)
    Report(expr, reporter,
           {"BAD_NUMBER", StrCat("the number ", expr.text, " has more than 38 digits")});
  return number;
}

std::optional<Literal> ReadLiteralFor(const SqlExpr& expr, const Type& type,
                                      SqlReporter& reporter) {
  if (expr.kind == Kind::kNull) return Literal{type, Value{}};
  if (expr.kind == Kind::kText) return ReadText(expr, type, reporter);
  const bool truth = expr.kind == Kind::kTrue || expr.kind == Kind::kFalse;
  const bool fits =
      (truth && type.kind == TypeKind::kBool) || (expr.kind == Kind::kNumber && IsNumeric(type));
  return fits ? ReadLiteral(expr, reporter) : ReportMismatch(expr, type, reporter);
}

}  // namespace tidemark
