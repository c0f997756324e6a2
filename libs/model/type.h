// The types of columns and values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// The names of one protobuf enum. Number 0 is NULL when its name ends in _UNSPECIFIED.
struct EnumDomain {
  struct Entry {
    std::int32_t number;
    std::string full_name;   // CALL_STATE_COMPLETED
    std::string short_name;  // COMPLETED: the full name without its type's prefix
  };
  std::string type_name;  // "tidemark.events.v1.CallState"
  std::vector<Entry> entries;
  bool zero_is_null = false;

  // The short name, or "UNKNOWN(17)".
  std::string NameOf(std::int64_t number) const;
  // By short or full name; nullptr if there is none.
  const Entry* Find(std::string_view name) const;
};

enum class TypeKind : std::uint8_t {
  kBool,
  kInteger,  // int64
  kDecimal,  // Int128 unscaled, with a scale; unsigned 64-bit fields are decimals of scale 0
  kDouble,
  kString,  // UTF-8
  kBytes,
  kEnum,       // its number
  kTimestamp,  // ms
  kList,       // of `element`
  kObject,     // results only: a map or record
};

struct Type {
  TypeKind kind = TypeKind::kInteger;
  std::uint8_t scale = 0;                 // of kDecimal
  TypeKind element = TypeKind::kInteger;  // of kList; never a list itself
  std::shared_ptr<const EnumDomain> enumeration =
      nullptr;  // of kEnum, and of a list of them; immutable

  static Type Of(TypeKind kind) { return {.kind = kind}; }
  static Type DecimalOf(std::uint8_t scale) { return {.kind = TypeKind::kDecimal, .scale = scale}; }
  static Type ListOf(const Type& element) {
    return {.kind = TypeKind::kList,
            .scale = element.scale,
            .element = element.kind,
            .enumeration = element.enumeration};
  }
  // REQUIRES: kind == kList.
  Type Element() const { return {.kind = element, .scale = scale, .enumeration = enumeration}; }
  // As users write it: "integer", "decimal", "enum CallState", "array of string".
  std::string ToString() const;
  friend bool operator==(const Type&, const Type&) = default;
};

}  // namespace tidemark
