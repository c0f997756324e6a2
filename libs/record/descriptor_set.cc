#include "record/descriptor_set.h"

#include <google/protobuf/descriptor.pb.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

class Errors : public DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element,
                const google::protobuf::Message* /*descriptor*/, ErrorLocation /*location*/,
                const std::string& message) override {
    Add(StrCat(file, ": ", element, ": ", message));
  }
  void Add(std::string_view message) {
    if (!text_.empty()) text_ += "; ";
    text_ += message;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Builds files after the files they import.
class PoolBuilder {
 public:
  explicit PoolBuilder(const FileDescriptorSet& set) {
    for (const FileDescriptorProto& file : set.file()) files_.emplace(file.name(), &file);
  }

  void BuildAll() {
    for (const auto& [name, file] : files_) Build(*file);
  }
  const std::string& errors() const { return errors_.text(); }
  std::unique_ptr<DescriptorPool> Take() { return std::move(pool_); }

 private:
  void Build(const FileDescriptorProto& file) {
    if (!started_.insert(file.name()).second) return;
    bool complete = true;
    for (const std::string& import : file.dependency()) complete = Import(import, file) && complete;
    if (complete) pool_->BuildFileCollectingErrors(file, &errors_);
  }

  bool Import(const std::string& name, const FileDescriptorProto& importer) {
    if (const auto found = files_.find(name); found != files_.end()) {
      Build(*found->second);
    } else if (!AddWellKnown(name)) {
      errors_.Add(StrCat("imported file \"", name, "\" of \"", importer.name(),
                         "\" is not in the descriptor set (protoc needs --include_imports)"));
      return false;
    }
    return true;
  }

  bool AddWellKnown(const std::string& name) {
    if (pool_->FindFileByName(name) != nullptr) return true;
    if (name.rfind("google/protobuf/", 0) != 0) return false;
    const FileDescriptor* known = DescriptorPool::generated_pool()->FindFileByName(name);
    if (known == nullptr) return false;
    for (int i = 0; i < known->dependency_count(); ++i) AddWellKnown(known->dependency(i)->name());
    FileDescriptorProto copy;
    known->CopyTo(&copy);
    return pool_->BuildFileCollectingErrors(copy, &errors_) != nullptr;
  }

  std::map<std::string, const FileDescriptorProto*> files_;
  std::set<std::string> started_;
  Errors errors_;
  std::unique_ptr<DescriptorPool> pool_ = std::make_unique<DescriptorPool>();
};

void AppendNames(const DescriptorProto& message, const std::string& scope,
                 std::vector<std::string>& names) {
  const std::string name = scope.empty() ? message.name() : StrCat(scope, ".", message.name());
  names.push_back(name);
  for (const DescriptorProto& nested : message.nested_type()) AppendNames(nested, name, names);
}

std::vector<std::string> MessageNames(std::string_view set) {
  FileDescriptorSet files;
  std::vector<std::string> names;
  if (!files.ParseFromArray(set.data(), static_cast<int>(set.size()))) return names;
  for (const FileDescriptorProto& file : files.file()) {
    for (const DescriptorProto& message : file.message_type()) {
      AppendNames(message, file.package(), names);
    }
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<DescriptorPool>> LoadDescriptorSet(std::string_view bytes) {
  if (bytes.size() > kMaxDescriptorSetBytes) {
    return Status::Invalid(StrCat("the descriptor set has ", bytes.size(), " bytes; at most ",
                                  kMaxDescriptorSetBytes, " are read"));
  }
  FileDescriptorSet set;
  if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Status::Invalid(
        "the file is not a FileDescriptorSet (write one with protoc "
        "--include_imports --descriptor_set_out=FILE)");
  }
  PoolBuilder builder(set);
  builder.BuildAll();
  if (!builder.errors().empty()) {
    return Status::Invalid(StrCat("the descriptor set is malformed: ", builder.errors()));
  }
  return builder.Take();
}

Result<const Descriptor*> FindMessage(const DescriptorPool& pool, std::string_view set,
                                      std::string_view name) {
  if (const Descriptor* found = pool.FindMessageTypeByName(std::string(name))) return found;
  const std::vector<std::string> names = MessageNames(set);
  std::string message = StrCat("the descriptor set has no message \"", name, "\"");
  if (const std::string_view nearest = Nearest(name, names); !nearest.empty()) {
    message += StrCat("; did you mean \"", nearest, "\"?");
  } else if (names.size() == 1) {
    message += StrCat("; it has \"", names.front(), "\"");
  }
  return Status::NotFound(std::move(message));
}

}  // namespace tidemark
