// Enum values of the admin API as people read them. Includes no gRPC.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tidemark {

// "RUNNING" of PIPELINE_STATE_RUNNING: the first value of a type is its name and UNSPECIFIED.
inline std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  static constexpr std::string_view kFirst = "UNSPECIFIED";
  const std::string& first = value.type()->value(0)->name();
  const std::size_t prefix = first.size() - std::min(first.size(), kFirst.size());
  return value.name().substr(prefix);
}

// Its number, if a newer coordinator sent one that has no name here.
template <class Enum>
std::string ShortName(Enum value) {
  const auto* named = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return named == nullptr ? std::to_string(value) : ShortName(*named);
}

}  // namespace tidemark
