#include "record/field_type.h"

#include <cctype>
#include <set>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::shared_ptr<const EnumDomain> DomainOf(const EnumDescriptor& descriptor) {
  auto domain = std::make_shared<EnumDomain>();
  domain->type_name = descriptor.full_name();
  domain->zero_is_null = ZeroIsNull(descriptor);
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const auto& value = *descriptor.value(i);
    domain->entries.push_back({.number = value.number(),
                               .full_name = value.name(),
                               .short_name = ShortEnumName(descriptor.name(), value.name())});
  }
  return domain;
}

std::optional<Type> ScalarTypeOf(const FieldDescriptor& field, const EnumDomains& enums) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Type::Of(TypeKind::kBool);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
      return Type::Of(TypeKind::kInteger);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Type::DecimalOf(0);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Type::Of(TypeKind::kDouble);
    case FieldDescriptor::CPPTYPE_ENUM:
      return Type{.kind = TypeKind::kEnum, .enumeration = enums.Of(*field.enum_type())};
    case FieldDescriptor::CPPTYPE_STRING: {
      const bool text = field.type() == FieldDescriptor::TYPE_STRING;
      return Type::Of(text ? TypeKind::kString : TypeKind::kBytes);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return std::nullopt;
}

}  // namespace

bool IsTimestamp(const Descriptor& message) {
  const FieldDescriptor* seconds = message.FindFieldByNumber(1);
  const FieldDescriptor* nanos = message.FindFieldByNumber(2);
  return message.full_name() == "google.protobuf.Timestamp" && seconds != nullptr &&
         nanos != nullptr && seconds->type() == FieldDescriptor::TYPE_INT64 &&
         nanos->type() == FieldDescriptor::TYPE_INT32 && !seconds->is_repeated() &&
         !nanos->is_repeated();
}

bool ZeroIsNull(const EnumDescriptor& descriptor) {
  constexpr std::string_view kSuffix = "_UNSPECIFIED";
  const auto* zero = descriptor.FindValueByNumber(0);
  if (zero == nullptr || zero->name().size() < kSuffix.size()) return false;
  return std::string_view(zero->name()).substr(zero->name().size() - kSuffix.size()) == kSuffix;
}

std::string ShortEnumName(const std::string& type, const std::string& value) {
  std::size_t at = 0;
  for (const char letter : type) {
    if (letter == '_') continue;
    while (at < value.size() && value[at] == '_') ++at;
    if (at == value.size()) return value;
    if (std::toupper(static_cast<unsigned char>(letter)) !=
        std::toupper(static_cast<unsigned char>(value[at]))) {
      return value;
    }
    ++at;
  }
  const bool has_rest = at + 1 < value.size() && value[at] == '_';
  return has_rest ? value.substr(at + 1) : value;
}

void EnumDomains::AddAllBelow(const Descriptor& message) {
  std::set<const Descriptor*> seen{&message};
  std::vector<const Descriptor*> open{&message};
  while (!open.empty()) {
    const Descriptor& at = *open.back();
    open.pop_back();
    for (int i = 0; i < at.field_count(); ++i) {
      const FieldDescriptor& field = *at.field(i);
      const EnumDescriptor* enumeration = field.enum_type();
      if (enumeration != nullptr && domains_.count(enumeration) == 0) {
        domains_.emplace(enumeration, DomainOf(*enumeration));
      }
      const Descriptor* below = field.message_type();
      if (below != nullptr && seen.insert(below).second) open.push_back(below);
    }
  }
}

std::shared_ptr<const EnumDomain> EnumDomains::Of(const EnumDescriptor& descriptor) const {
  const auto found = domains_.find(&descriptor);
  TM_CHECK(found != domains_.end(), "every enum below the message was added");
  return found->second;
}

std::optional<Type> TypeOf(const FieldDescriptor& field, const EnumDomains& enums) {
  if (field.type() == FieldDescriptor::TYPE_GROUP) return std::nullopt;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (field.is_repeated() || !IsTimestamp(*field.message_type())) return std::nullopt;
    return Type::Of(TypeKind::kTimestamp);
  }
  const std::optional<Type> scalar = ScalarTypeOf(field, enums);
  return field.is_repeated() && scalar ? Type::ListOf(*scalar) : scalar;
}

}  // namespace tidemark
