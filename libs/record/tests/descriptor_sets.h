// Descriptor sets made for the tests of this library.
#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <string_view>

namespace tidemark {

using google::protobuf::FieldDescriptorProto;

// One field of a message under construction.
struct FieldOf {
  std::string_view name;
  int number = 0;
  FieldDescriptorProto::Type type = FieldDescriptorProto::TYPE_INT64;
  std::string_view type_name = "";  // of messages, groups and enums, with its leading dot
  bool repeated = false;
  std::string_view default_value = "";  // proto2
};
FieldDescriptorProto& AddField(google::protobuf::DescriptorProto& message, const FieldOf& field);

// package shop; message Batch { Header header = 1; repeated Event events = 2; repeated Event more =
// 3 in Header; } and everything that the rules of reading distinguish. proto3, imports
// timestamp.proto, which is not in the set.
google::protobuf::FileDescriptorSet ShopSet();
// package old; message Record in proto2: defaults, a group, a oneof with a group.
google::protobuf::FileDescriptorSet OldSet();

}  // namespace tidemark
