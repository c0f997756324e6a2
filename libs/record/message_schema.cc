#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/text.h"
#include "record/decoder.h"
#include "record/descriptor_set.h"
#include "record/field_type.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

constexpr std::size_t kMaxPathDepth = 32;
constexpr std::size_t kMaxListedDepth = 4;
constexpr std::size_t kMaxListedNames = 4'096;

bool SameWithoutCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string Quoted(std::string_view text) { return StrCat("\"", text, "\""); }

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// Why nothing can be read through or at a field; "" if it is a single message.
std::string WhyNotThrough(const FieldDescriptor& field, std::string_view path) {
  if (!IsMessage(field)) {
    return StrCat(Quoted(path), " is a ", field.type_name(), " and has no fields");
  }
  if (field.is_map()) return StrCat(Quoted(path), " is a map; maps cannot be read");
  if (field.type() == FieldDescriptor::TYPE_GROUP) {
    return StrCat(Quoted(path), " is a group; groups cannot be read");
  }
  if (field.is_repeated()) {
    return StrCat(Quoted(path),
                  " is a repeated message, so its fields have many values per record; ",
                  "source.unnest makes each of its elements an event");
  }
  return "";
}

std::vector<std::string_view> Split(std::string_view dotted) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = dotted.find('.');
    parts.push_back(dotted.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    dotted.remove_prefix(dot + 1);
  }
}

struct Walked {
  std::string name;
  std::vector<std::int32_t> path;
  const FieldDescriptor* field = nullptr;
};

}  // namespace

struct MessageSchema::Impl {
  std::unique_ptr<DescriptorPool> pool;  // null for the built-in message
  const Descriptor* message = nullptr;
  std::string name;
  std::string closure;
  EnumDomains enums;

  void Use(const Descriptor& descriptor) {
    message = &descriptor;
    name = descriptor.full_name();
    enums.AddAllBelow(descriptor);
  }
  const Descriptor& At(std::span<const std::int32_t> root) const;
  Result<Walked> Walk(std::string_view dotted, std::span<const std::int32_t> root) const;
  Result<const FieldDescriptor*> Find(const Descriptor& at, std::string_view part,
                                      const Descriptor& top) const;
  Status Unknown(const Descriptor& at, std::string_view part, const Descriptor& top) const;
  void AppendNames(const Descriptor& at, const std::string& prefix, std::size_t depth,
                   std::vector<std::string>& names) const;
  std::vector<std::string> NamesBelow(const Descriptor& top) const {
    std::vector<std::string> names;
    AppendNames(top, "", 1, names);
    return names;
  }
};

const Descriptor& MessageSchema::Impl::At(std::span<const std::int32_t> root) const {
  const Descriptor* at = message;
  for (const std::int32_t number : root) {
    const FieldDescriptor* field = at->FindFieldByNumber(number);
    TM_CHECK(field != nullptr && IsMessage(*field), "a root is what ResolveUnnest returned");
    at = field->message_type();
  }
  return *at;
}

Status MessageSchema::Impl::Unknown(const Descriptor& at, std::string_view part,
                                    const Descriptor& top) const {
  std::string text = StrCat("there is no field ", Quoted(part), " in ", at.full_name());
  std::vector<std::string> here;
  for (int i = 0; i < at.field_count(); ++i) here.push_back(at.field(i)->name());
  std::string nearest(Nearest(part, here));
  const std::vector<std::string> all = NamesBelow(top);
  for (const std::string& path : all) {
    if (!nearest.empty()) break;
    const std::string_view last = Split(path).back();
    if (SameWithoutCase(last, part)) nearest = path;
  }
  if (nearest.empty()) nearest = Nearest(part, all);
  if (!nearest.empty()) text += StrCat("; did you mean ", Quoted(nearest), "?");
  return Status::NotFound(std::move(text));
}

Result<const FieldDescriptor*> MessageSchema::Impl::Find(const Descriptor& at,
                                                         std::string_view part,
                                                         const Descriptor& top) const {
  if (const FieldDescriptor* exact = at.FindFieldByName(std::string(part))) return exact;
  const FieldDescriptor* found = nullptr;
  for (int i = 0; i < at.field_count(); ++i) {
    const FieldDescriptor* field = at.field(i);
    if (!SameWithoutCase(field->name(), part)) continue;
    if (found != nullptr) {
      return Status::Invalid(StrCat(Quoted(part), " fits ", Quoted(found->name()), " and ",
                                    Quoted(field->name()), "; write one of them exactly"));
    }
    found = field;
  }
  if (found == nullptr) return Unknown(at, part, top);
  return found;
}

Result<Walked> MessageSchema::Impl::Walk(std::string_view dotted,
                                         std::span<const std::int32_t> root) const {
  const Descriptor& top = At(root);
  const Descriptor* at = &top;
  const std::vector<std::string_view> parts = Split(dotted);
  if (parts.size() > kMaxPathDepth) {
    return Status::Invalid(StrCat("a path has at most ", kMaxPathDepth, " parts"));
  }
  Walked walked;
  for (const std::string_view part : parts) {
    if (walked.field != nullptr) {
      if (std::string why = WhyNotThrough(*walked.field, walked.name); !why.empty()) {
        return Status::Invalid(std::move(why));
      }
      at = walked.field->message_type();
    }
    TM_ASSIGN_OR_RETURN(walked.field, Find(*at, part, top));
    walked.name += StrCat(walked.name.empty() ? "" : ".", walked.field->name());
    walked.path.push_back(walked.field->number());
  }
  return walked;
}

void MessageSchema::Impl::AppendNames(const Descriptor& at, const std::string& prefix,
                                      std::size_t depth, std::vector<std::string>& names) const {
  for (int i = 0; i < at.field_count() && names.size() < kMaxListedNames; ++i) {
    const FieldDescriptor& field = *at.field(i);
    const std::string path = prefix + field.name();
    if (TypeOf(field, enums)) {
      names.push_back(path);
    } else if (depth < kMaxListedDepth && WhyNotThrough(field, path).empty()) {
      AppendNames(*field.message_type(), path + ".", depth + 1, names);
    }
  }
}

MessageSchema::MessageSchema() : impl_(std::make_unique<Impl>()) {}
MessageSchema::~MessageSchema() = default;

std::shared_ptr<const MessageSchema> MessageSchema::CallMetric() {
  std::shared_ptr<MessageSchema> schema(new MessageSchema);
  schema->impl_->Use(*events::v1::CallMetric::descriptor());
  return schema;
}

Result<std::shared_ptr<const MessageSchema>> MessageSchema::FromDescriptorSet(
    std::string_view bytes, std::string_view message) {
  std::shared_ptr<MessageSchema> schema(new MessageSchema);
  TM_ASSIGN_OR_RETURN(schema->impl_->pool, LoadDescriptorSet(bytes));
  const Descriptor* descriptor = nullptr;
  TM_ASSIGN_OR_RETURN(descriptor, FindMessage(*schema->impl_->pool, bytes, message));
  schema->impl_->Use(*descriptor);
  schema->impl_->closure = SerializeClosure(*descriptor);
  return std::shared_ptr<const MessageSchema>(std::move(schema));
}

Result<FieldPath> MessageSchema::Resolve(std::string_view dotted,
                                         std::span<const std::int32_t> root) const {
  Walked walked;
  TM_ASSIGN_OR_RETURN(walked, impl_->Walk(dotted, root));
  if (std::optional<Type> type = TypeOf(*walked.field, impl_->enums)) {
    return FieldPath{std::move(walked.name), std::move(walked.path), std::move(*type)};
  }
  if (std::string why = WhyNotThrough(*walked.field, walked.name); !why.empty()) {
    return Status::Invalid(std::move(why));
  }
  std::string message = StrCat(Quoted(walked.name), " is a message; name one of its fields");
  const std::vector<std::string> below = impl_->NamesBelow(*walked.field->message_type());
  if (!below.empty())
    message += StrCat(", such as ", Quoted(StrCat(walked.name, ".", below.front())));
  return Status::Invalid(std::move(message));
}

Result<FieldPath> MessageSchema::ResolvePresence(std::string_view dotted,
                                                 std::span<const std::int32_t> root) const {
  Walked walked;
  TM_ASSIGN_OR_RETURN(walked, impl_->Walk(dotted, root));
  if (std::string why = WhyNotThrough(*walked.field, walked.name); !why.empty()) {
    return Status::Invalid(std::move(why));
  }
  return FieldPath{std::move(walked.name), std::move(walked.path), Type::Of(TypeKind::kBool)};
}

Result<std::vector<std::int32_t>> MessageSchema::ResolveUnnest(std::string_view dotted) const {
  Walked walked;
  TM_ASSIGN_OR_RETURN(walked, impl_->Walk(dotted, {}));
  const FieldDescriptor& field = *walked.field;
  if (!IsMessage(field) || !field.is_repeated() || field.is_map() ||
      field.type() == FieldDescriptor::TYPE_GROUP) {
    return Status::Invalid(
        StrCat("unnest needs a repeated message field, which ", Quoted(walked.name), " is not"));
  }
  return std::move(walked.path);
}

std::vector<std::string> MessageSchema::FieldNames(std::span<const std::int32_t> root) const {
  return impl_->NamesBelow(impl_->At(root));
}

const std::string& MessageSchema::name() const { return impl_->name; }
const std::string& MessageSchema::closure() const { return impl_->closure; }
const Descriptor& MessageSchema::descriptor() const { return *impl_->message; }

}  // namespace tidemark
