#include "expression/expression.h"

#include <array>
#include <charconv>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// Unlike JSON, tells kinds apart and loses no digit.
struct LiteralText {
  std::string operator()(Value::Null) const { return "NULL"; }
  std::string operator()(bool value) const { return value ? "TRUE" : "FALSE"; }
  std::string operator()(Int128 value) const { return ToString(value); }
  std::string operator()(const Decimal& value) const {
    return ToString(value.unscaled) + "e-" + std::to_string(value.scale);
  }
  std::string operator()(double value) const {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return "double " + std::string(text.data(), end);
  }
  std::string operator()(const std::string& value) const { return Quoted(value); }
  std::string operator()(const Value::Bytes& value) const { return "bytes " + Hex(value.data); }
  std::string operator()(Value::Time value) const { return "time " + std::to_string(value.ms); }
  std::string operator()(const ValueList&) const { return "list"; }
  std::string operator()(const ValueObject&) const { return "object"; }
};

std::string_view Sign(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return " = ";
    case Operator::kNotEqual:
      return " <> ";
    case Operator::kLess:
      return " < ";
    case Operator::kLessEqual:
      return " <= ";
    case Operator::kGreater:
      return " > ";
    case Operator::kGreaterEqual:
      return " >= ";
    case Operator::kAnd:
      return " AND ";
    case Operator::kOr:
      return " OR ";
    default:
      return ", ";
  }
}

std::string TextOf(std::span<const ExpressionPtr> arguments, std::string_view between) {
  return Join(arguments, between, &Expression::ToString);
}

}  // namespace

std::string Expression::ToString() const {
  switch (op) {
    case Operator::kColumn:
      return "#" + std::to_string(column);
    case Operator::kLiteral:
      return std::visit(LiteralText{}, literal.content);
    case Operator::kNot:
      return "(NOT " + arguments.at(0)->ToString() + ")";
    case Operator::kIsNull:
      return "(" + arguments.at(0)->ToString() + " IS NULL)";
    case Operator::kIsNotNull:
      return "(" + arguments.at(0)->ToString() + " IS NOT NULL)";
    case Operator::kIn:
      return "(" + arguments.at(0)->ToString() + " IN (" +
             TextOf(std::span(arguments).subspan(1), Sign(op)) + "))";
    default:
      return "(" + TextOf(arguments, Sign(op)) + ")";
  }
}

}  // namespace tidemark
