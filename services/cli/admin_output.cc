#include "cli/admin_output.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/text.h"
#include "control/short_name.h"
#include "model/time.h"
#include "model/value.h"

namespace tidemark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr const char* kTimestamp = "google.protobuf.Timestamp";

std::string TimeOf(const Message& timestamp) {
  const auto* descriptor = timestamp.GetDescriptor();
  const Reflection& in = *timestamp.GetReflection();
  const std::int64_t seconds = in.GetInt64(timestamp, descriptor->FindFieldByNumber(1));
  const std::int32_t nanos = in.GetInt32(timestamp, descriptor->FindFieldByNumber(2));
  return FormatTime(seconds * 1'000 + nanos / 1'000'000);
}

std::string NumberText(double number) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), number);
  return error == std::errc() ? std::string(buffer, end) : "0";
}

// One value as people read it; `index` < 0: not repeated.
std::string Text(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& in = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return StrCat(one ? in.GetInt32(message, &field)
                        : in.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return StrCat(one ? in.GetInt64(message, &field)
                        : in.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return StrCat(one ? in.GetUInt32(message, &field)
                        : in.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return StrCat(one ? in.GetUInt64(message, &field)
                        : in.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberText(one ? in.GetDouble(message, &field)
                            : in.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return NumberText(one ? in.GetFloat(message, &field)
                            : in.GetRepeatedFloat(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? in.GetBool(message, &field) : in.GetRepeatedBool(message, &field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(one ? *in.GetEnum(message, &field)
                           : *in.GetRepeatedEnum(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? in.GetString(message, &field) : in.GetRepeatedString(message, &field, index);
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& inner =
          one ? in.GetMessage(message, &field) : in.GetRepeatedMessage(message, &field, index);
      return inner.GetDescriptor()->full_name() == kTimestamp ? TimeOf(inner) : ToJson(inner);
    }
  }
  return "";
}

bool IsQuoted(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM ||
         (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
          field.message_type()->full_name() == kTimestamp);
}

void AppendValue(const Message& message, const FieldDescriptor& field, int index,
                 std::string& out) {
  const std::string text = Text(message, field, index);
  if (IsQuoted(field)) {
    AppendJsonString(text, out);
  } else {
    out += text;
  }
}

// Entries of a map, as an object.
void AppendMap(const Message& message, const FieldDescriptor& field, std::string& out) {
  const Reflection& in = *message.GetReflection();
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < in.FieldSize(message, &field); ++i) {
    const Message& entry = in.GetRepeatedMessage(message, &field, i);
    std::string value;
    AppendValue(entry, *field.message_type()->map_value(), -1, value);
    entries.emplace_back(Text(entry, *field.message_type()->map_key(), -1), value);
  }
  std::sort(entries.begin(), entries.end());
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(entries[i].first, out);
    out += StrCat(":", entries[i].second);
  }
  out += '}';
}

void AppendField(const Message& message, const FieldDescriptor& field, std::string& out) {
  const Reflection& in = *message.GetReflection();
  AppendJsonString(field.name(), out);
  out += ':';
  if (field.is_map()) return AppendMap(message, field, out);
  if (!field.is_repeated()) {
    if (field.has_presence() && !in.HasField(message, &field)) {
      out += "null";
      return;
    }
    return AppendValue(message, field, -1, out);
  }
  out += '[';
  for (int i = 0; i < in.FieldSize(message, &field); ++i) {
    if (i > 0) out += ',';
    AppendValue(message, field, i, out);
  }
  out += ']';
}

std::string Cell(const Message& message, const std::string& column) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(column);
  if (field == nullptr) return "?";
  const Reflection& in = *message.GetReflection();
  if (!field->is_repeated()) {
    if (field->has_presence() && !in.HasField(message, field)) return "-";
    return Text(message, *field, -1);
  }
  std::string all;
  for (int i = 0; i < in.FieldSize(message, field); ++i) {
    all += StrCat(i > 0 ? "," : "", Text(message, *field, i));
  }
  return all;
}

std::string Capitals(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '_') c = ' ';
  }
  return text;
}

}  // namespace

std::string ToJson(const Message& message) {
  std::string out = "{";
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (i > 0) out += ',';
    AppendField(message, *descriptor->field(i), out);
  }
  return out + "}";
}

std::string TableOf(const Rows& rows, const std::vector<std::string>& columns) {
  std::vector<std::vector<std::string>> cells(1);
  for (const std::string& column : columns) cells[0].push_back(Capitals(column));
  for (const Message* row : rows) {
    cells.emplace_back();
    for (const std::string& column : columns) {
      std::string cell = Cell(*row, column);
      cells.back().push_back(cell.empty() ? "-" : std::move(cell));
    }
  }
  return AlignColumns(cells);
}

void PrintList(AdminOutput output, const Rows& rows, const std::vector<std::string>& columns) {
  std::string out;
  if (output == AdminOutput::kTable) out = TableOf(rows, columns);
  if (output == AdminOutput::kNdjson) {
    for (const Message* row : rows) out += ToJson(*row) + "\n";
  }
  if (output == AdminOutput::kJson) {
    for (const Message* row : rows) out += StrCat(out.empty() ? "" : ",\n ", ToJson(*row));
    out = StrCat("[", out, "]\n");
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace tidemark
