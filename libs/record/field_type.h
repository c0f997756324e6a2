// What protobuf's types are to queries.
#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/type.h"

namespace tidemark {

// google.protobuf.Timestamp in its known form.
bool IsTimestamp(const google::protobuf::Descriptor& message);
// Number 0 of the enum is named *_UNSPECIFIED.
bool ZeroIsNull(const google::protobuf::EnumDescriptor& descriptor);
// `value` without the name of its type: COMPLETED for CALL_STATE_COMPLETED of CallState; else
// `value` itself.
std::string ShortEnumName(const std::string& type, const std::string& value);

// The enum domains of a schema. One object per enum, since types are equal only if their domains
// are the same one.
class EnumDomains {
 public:
  // Adds every enum that a field of `message` or of a message below it has.
  void AddAllBelow(const google::protobuf::Descriptor& message);
  // REQUIRES: the enum was added.
  std::shared_ptr<const EnumDomain> Of(const google::protobuf::EnumDescriptor& descriptor) const;

 private:
  std::map<const google::protobuf::EnumDescriptor*, std::shared_ptr<const EnumDomain>> domains_;
};

// The type that a field is read as; nullopt for messages (but Timestamp), maps, groups and lists of
// messages.
std::optional<Type> TypeOf(const google::protobuf::FieldDescriptor& field,
                           const EnumDomains& enums);

}  // namespace tidemark
