#include "aggregate/bind.h"

#include "aggregate/fixed_point.h"
#include "base/text.h"

namespace tidemark {

Status CheckArgumentCount(std::string_view call, BindTypes types, std::size_t expected) {
  if (types.size() == expected) return {};
  return Status::Invalid(StrCat(call, " takes ", expected,
                                expected == 1 ? " argument" : " arguments", ", got ",
                                types.size()));
}

bool IsNumeric(const Type& type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kDecimal ||
         type.kind == TypeKind::kDouble;
}

Status CheckNumeric(std::string_view call, std::string_view argument, const Type& type) {
  if (IsNumeric(type)) return {};
  return Status::Invalid(StrCat(call, ": ", argument, " must be a number, got ", type.ToString()));
}

unsigned FixedDigits(const Type& type) {
  if (type.kind == TypeKind::kDouble) return kDefaultDigits;
  return type.kind == TypeKind::kDecimal ? type.scale : 0;
}

std::string LiteralText(const Value& literal) {
  if (literal.is_null()) return "NULL";
  if (const auto* text = std::get_if<std::string>(&literal.content)) return StrCat("'", *text, "'");
  std::string out;
  AppendJson(literal, out);
  return out;
}

}  // namespace tidemark
