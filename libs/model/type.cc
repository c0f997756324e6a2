#include "model/type.h"

#include <array>

#include "base/text.h"

namespace tidemark {

std::string EnumDomain::NameOf(std::int64_t number) const {
  for (const Entry& entry : entries) {
    if (entry.number == number) return entry.short_name;
  }
  return StrCat("UNKNOWN(", number, ")");
}

const EnumDomain::Entry* EnumDomain::Find(std::string_view name) const {
  for (const Entry& entry : entries) {
    if (entry.short_name == name || entry.full_name == name) return &entry;
  }
  return nullptr;
}

std::string Type::ToString() const {
  static constexpr std::array<std::string_view, 10> kNames = {
      "boolean", "integer", "decimal",   "double", "string",
      "bytes",   "enum",    "timestamp", "array",  "object"};
  if (kind == TypeKind::kList) return "array of " + Element().ToString();
  if (kind == TypeKind::kEnum && enumeration) {
    const std::size_t dot = enumeration->type_name.rfind('.');
    return "enum " + enumeration->type_name.substr(dot == std::string::npos ? 0 : dot + 1);
  }
  return std::string(kNames.at(static_cast<std::size_t>(kind)));
}

}  // namespace tidemark
