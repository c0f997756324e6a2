#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "record/descriptor_set.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

// The messages and enums that can be reached from one message through its fields.
class Closure {
 public:
  explicit Closure(const Descriptor& root) {
    Reach(root);
    while (!unread_.empty()) {
      const Descriptor* message = unread_.back();
      unread_.pop_back();
      for (int i = 0; i < message->field_count(); ++i) Follow(*message->field(i));
    }
  }

  FileDescriptorSet Files() const {
    FileDescriptorSet set;
    for (const auto& [name, file] : files_) *set.add_file() = Pruned(*file);
    return set;
  }

 private:
  void Follow(const FieldDescriptor& field) {
    const FileDescriptor* target = nullptr;
    if (const Descriptor* message = field.message_type()) {
      target = message->file();
      Reach(*message);
    } else if (const EnumDescriptor* values = field.enum_type()) {
      target = values->file();
      kept_.insert(values->full_name());
      files_.emplace(target->name(), target);
    }
    if (target != nullptr && target != field.file()) {
      imports_[field.file()->name()].insert(target->name());
    }
  }

  void Reach(const Descriptor& message) {
    if (!kept_.insert(message.full_name()).second) return;
    files_.emplace(message.file()->name(), message.file());
    unread_.push_back(&message);
  }

  FileDescriptorProto Pruned(const FileDescriptor& file) const {
    FileDescriptorProto out;
    file.CopyTo(&out);
    file.CopyJsonNameTo(&out);
    out.clear_service();
    out.clear_extension();
    out.clear_dependency();
    out.clear_public_dependency();
    out.clear_weak_dependency();
    if (const auto wanted = imports_.find(file.name()); wanted != imports_.end()) {
      for (const std::string& import : wanted->second) out.add_dependency(import);
    }
    PruneTypes(file.package(), *out.mutable_message_type(), *out.mutable_enum_type());
    out.DiscardUnknownFields();  // options of extensions that are not kept
    return out;
  }

  template <class Messages, class Enums>
  void PruneTypes(const std::string& scope, Messages& messages, Enums& enums) const {
    const std::string prefix = scope.empty() ? "" : scope + ".";
    for (int i = messages.size() - 1; i >= 0; --i) {
      if (!Keep(prefix + messages[i].name(), messages[i])) messages.DeleteSubrange(i, 1);
    }
    for (int i = enums.size() - 1; i >= 0; --i) {
      if (!kept_.contains(prefix + enums[i].name())) enums.DeleteSubrange(i, 1);
    }
  }

  // False if neither the message nor a type inside it is reached. One that is there only for what
  // is inside it loses its fields.
  bool Keep(const std::string& name, DescriptorProto& message) const {
    PruneTypes(name, *message.mutable_nested_type(), *message.mutable_enum_type());
    message.clear_extension();
    if (kept_.contains(name)) return true;
    message.clear_field();
    message.clear_oneof_decl();
    message.clear_extension_range();
    message.clear_options();
    return message.nested_type_size() > 0 || message.enum_type_size() > 0;
  }

  std::set<std::string> kept_;  // full names
  std::map<std::string, const FileDescriptor*> files_;
  std::map<std::string, std::set<std::string>> imports_;
  std::vector<const Descriptor*> unread_;
};

}  // namespace

std::string SerializeClosure(const Descriptor& message) {
  return Closure(message).Files().SerializeAsString();
}

}  // namespace tidemark
