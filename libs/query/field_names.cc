#include <algorithm>
#include <utility>

#include "base/text.h"
#include "query/conditions.h"

namespace tidemark {
namespace {

bool SameWithoutCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view LastPart(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

// The field that was probably meant: one whose last part is that name, else the nearest path, else
// one whose last part begins so, else the nearest last part. "" if none is near.
std::string NearestField(std::string_view typed, const std::vector<std::string>& names) {
  constexpr std::size_t kMinPrefix = 3;
  for (const std::string& name : names) {
    if (SameWithoutCase(LastPart(name), typed)) return name;
  }
  if (const std::string_view nearest = Nearest(typed, names); !nearest.empty())
    return std::string(nearest);
  for (const std::string& name : names) {
    if (typed.size() >= kMinPrefix && LastPart(name).starts_with(typed)) return name;
  }
  std::vector<std::string_view> parts;
  for (const std::string& name : names) parts.push_back(LastPart(name));
  const std::string_view part = Nearest(LastPart(typed), parts);
  if (part.empty()) return {};
  return names[static_cast<std::size_t>(std::find(parts.begin(), parts.end(), part) -
                                        parts.begin())];
}

}  // namespace

FieldSet::FieldSet(std::shared_ptr<const MessageSchema> schema, std::vector<std::int32_t> root)
    : schema_(std::move(schema)), root_(std::move(root)) {}

std::size_t FieldSet::Add(const FieldPath& field) {
  const auto found = std::find(fields_.begin(), fields_.end(), field);
  if (found != fields_.end()) return static_cast<std::size_t>(found - fields_.begin());
  fields_.push_back(field);
  return fields_.size() - 1;
}

const NameScope::Alias* NameScope::FindAlias(std::string_view name) const {
  for (const Alias& alias : aliases_) {
    if (SameWithoutCase(alias.name, name)) return &alias;
  }
  return nullptr;
}

void NameScope::AddAlias(const std::string& alias, std::optional<BoundColumn> column) {
  aliases_.push_back({alias, std::move(column)});
}

std::string NameScope::WithoutTable(const std::string& dotted) const {
  const std::size_t dot = dotted.find('.');
  if (dot == std::string::npos) return dotted;
  const std::string_view table = select_.from_alias.empty() ? select_.from : select_.from_alias;
  return SameWithoutCase(std::string_view(dotted).substr(0, dot), table) ? dotted.substr(dot + 1)
                                                                         : dotted;
}

Result<FieldPath> NameScope::ResolveField(const std::string& dotted) const {
  Result<FieldPath> field = fields_.schema().Resolve(dotted, fields_.root());
  const std::string rest = WithoutTable(dotted);
  return field.ok() || rest == dotted ? std::move(field)
                                      : fields_.schema().Resolve(rest, fields_.root());
}

std::optional<BoundColumn> NameScope::Resolve(const SqlExpr& name) {
  const Result<FieldPath> field = ResolveField(name.text);
  if (field.ok()) return BoundColumn{fields_.Add(*field), field->type, field->name};
  const Alias* alias = FindAlias(name.text);
  if (alias == nullptr) {
    ReportUnknown(name, field.status());
    return std::nullopt;
  }
  if (!alias->column) {
    reporter_.Add(name.offset, name.length,
                  {"NOT_A_FIELD", StrCat("\"", name.text, "\" is the name of a computed column"),
                   "only columns that are plain fields can be used by name"});
  }
  return alias->column;
}

std::optional<BoundColumn> NameScope::ResolvePresence(const SqlExpr& name) {
  if (ResolveField(name.text).ok() || FindAlias(name.text) != nullptr) return std::nullopt;
  for (const std::string& dotted : {name.text, WithoutTable(name.text)}) {
    const Result<FieldPath> field = fields_.schema().ResolvePresence(dotted, fields_.root());
    if (field.ok()) return BoundColumn{fields_.Add(*field), field->type, field->name};
  }
  return std::nullopt;
}

void NameScope::ReportUnknown(const SqlExpr& name, const Status& status) {
  if (status.code() != StatusCode::kNotFound) {
    reporter_.Add(name.offset, name.length, ToProblem("WRONG_FIELD", status));
    return;
  }
  std::vector<std::string> names = fields_.Names();
  for (const Alias& alias : aliases_) names.push_back(alias.name);
  const std::string nearest = NearestField(WithoutTable(name.text), names);
  reporter_.Add(name.offset, name.length,
                {"UNKNOWN_FIELD", StrCat("there is no field \"", name.text, "\""),
                 nearest.empty() ? "" : StrCat("did you mean ", nearest, "?")});
}

}  // namespace tidemark
