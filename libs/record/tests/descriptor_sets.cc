#include "record/tests/descriptor_sets.h"

namespace tidemark {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using Proto = FieldDescriptorProto;

FieldDescriptorProto& AddField(DescriptorProto& message, const FieldOf& field) {
  Proto& added = *message.add_field();
  added.set_name(std::string(field.name));
  added.set_number(field.number);
  added.set_type(field.type);
  added.set_label(field.repeated ? Proto::LABEL_REPEATED : Proto::LABEL_OPTIONAL);
  if (!field.type_name.empty()) added.set_type_name(std::string(field.type_name));
  if (!field.default_value.empty()) added.set_default_value(std::string(field.default_value));
  return added;
}

namespace {

void AddEnum(FileDescriptorProto& file, std::string_view name,
             std::initializer_list<std::string_view> values) {
  EnumDescriptorProto& added = *file.add_enum_type();
  added.set_name(std::string(name));
  for (const std::string_view value : values) {
    auto& entry = *added.add_value();
    entry.set_number(added.value_size() - 1);
    entry.set_name(std::string(value));
  }
}

DescriptorProto& AddMessage(FileDescriptorProto& file, std::string_view name) {
  DescriptorProto& added = *file.add_message_type();
  added.set_name(std::string(name));
  return added;
}

void AddBatch(FileDescriptorProto& file) {
  DescriptorProto& batch = AddMessage(file, "Batch");
  AddField(batch, {"header", 1, Proto::TYPE_MESSAGE, ".shop.Header"});
  AddField(batch, {"events", 2, Proto::TYPE_MESSAGE, ".shop.Event", true});
  AddField(batch, {"wrapped", 3, Proto::TYPE_MESSAGE, ".shop.Wrapped"}).set_oneof_index(0);
  AddField(batch, {"other", 4, Proto::TYPE_INT32}).set_oneof_index(0);
  batch.add_oneof_decl()->set_name("choice");
  DescriptorProto& wrapped = AddMessage(file, "Wrapped");
  AddField(wrapped, {"events", 1, Proto::TYPE_MESSAGE, ".shop.Event", true});
  DescriptorProto& header = AddMessage(file, "Header");
  AddField(header, {"sent_ms", 1, Proto::TYPE_INT64});
  AddField(header, {"name", 2, Proto::TYPE_STRING});
}

void AddEvent(FileDescriptorProto& file) {
  DescriptorProto& event = AddMessage(file, "Event");
  AddField(event, {"at_ms", 1, Proto::TYPE_INT64});
  AddField(event, {"at", 2, Proto::TYPE_MESSAGE, ".google.protobuf.Timestamp"});
  AddField(event, {"header", 3, Proto::TYPE_MESSAGE, ".shop.Header"});
  AddField(event, {"name", 4, Proto::TYPE_STRING});
  AddField(event, {"numbers", 5, Proto::TYPE_SINT32, "", true});
  AddField(event, {"shares", 6, Proto::TYPE_DOUBLE, "", true});
  AddField(event, {"color", 7, Proto::TYPE_ENUM, ".shop.Color"});
  AddField(event, {"plain", 8, Proto::TYPE_ENUM, ".shop.Plain"});
  AddField(event, {"big", 11, Proto::TYPE_UINT64});
  AddField(event, {"narrow", 12, Proto::TYPE_SFIXED32});
  AddField(event, {"ratio", 13, Proto::TYPE_FLOAT});
  AddField(event, {"texts", 14, Proto::TYPE_STRING, "", true});
  AddField(event, {"at_s", 15, Proto::TYPE_FIXED64});
  AddField(event, {"far", 5000, Proto::TYPE_STRING});
  AddField(event, {"self", 16, Proto::TYPE_MESSAGE, ".shop.Event"});
  AddField(event, {"parts", 17, Proto::TYPE_MESSAGE, ".shop.Header", true});
  AddField(event, {"colors", 18, Proto::TYPE_ENUM, ".shop.Color", true});
}

}  // namespace

FileDescriptorSet ShopSet() {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("shop.proto");
  file.set_package("shop");
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/timestamp.proto");
  AddEnum(file, "Color", {"COLOR_UNSPECIFIED", "COLOR_RED", "COLOR_2", "COLORLESS"});
  AddEnum(file, "Plain", {"NOTHING", "PLAIN_SOMETHING"});
  AddBatch(file);
  AddEvent(file);
  return set;
}

FileDescriptorSet OldSet() {
  FileDescriptorSet set;
  FileDescriptorProto& file = *set.add_file();
  file.set_name("old.proto");
  file.set_package("old");
  DescriptorProto& record = AddMessage(file, "Record");
  AddField(record, {"at_ms", 1, Proto::TYPE_INT64, "", false, "1700000000000"});
  AddField(record, {"with_default", 2, Proto::TYPE_INT32, "", false, "7"});
  AddField(record, {"without", 3, Proto::TYPE_INT32});
  AddField(record, {"text", 4, Proto::TYPE_STRING, "", false, "none"});
  AddField(record, {"box", 5, Proto::TYPE_GROUP, ".old.Record.Box"});
  AddField(record, {"number", 6, Proto::TYPE_INT32}).set_oneof_index(0);
  AddField(record, {"crate", 7, Proto::TYPE_GROUP, ".old.Record.Crate"}).set_oneof_index(0);
  AddField(record, {"flag", 8, Proto::TYPE_BOOL, "", false, "true"});
  AddField(record, {"inner", 9, Proto::TYPE_MESSAGE, ".old.Record"});
  AddField(record, {"Name2", 10, Proto::TYPE_STRING});
  AddField(record, {"name2", 11, Proto::TYPE_STRING});
  record.add_oneof_decl()->set_name("choice");
  for (const char* name : {"Box", "Crate"}) {
    DescriptorProto& group = *record.add_nested_type();
    group.set_name(name);
    AddField(group, {"size", 1, Proto::TYPE_INT32});
  }
  return set;
}

}  // namespace tidemark
