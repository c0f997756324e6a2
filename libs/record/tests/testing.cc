#include "record/tests/testing.h"

#include <google/protobuf/message.h>

#include "base/text.h"
#include "record/field_type.h"

namespace tidemark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Text(std::string_view text) { return StrCat('"', text, '"'); }

std::string Scalar(const Column& column, std::size_t row) {
  if (column.valid[row] == 0) return "NULL";
  switch (column.type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Text(column.strings[row]);
    case TypeKind::kDouble:
      return std::to_string(column.doubles[row]);
    case TypeKind::kDecimal:
      return StrCat(static_cast<std::uint64_t>(column.decimals[row]));
    default:
      return StrCat(column.integers[row]);
  }
}

std::string_view RandomText(Random& random) {
  static constexpr std::string_view kTexts[] = {
      "",   "a",       "AC0123456789abcdef", "\xc3\xa9t\xc3\xa9",
      "US", "1234567", "12345678",           "\xf0\x9f\x98\x80"};
  return kTexts[random.Below(std::size(kTexts))];
}

std::uint64_t RandomBits(Random& random) { return random.Next() >> random.Below(64); }

void SetRandomScalar(Message& message, const FieldDescriptor& field, Random& random) {
  const Reflection& set = *message.GetReflection();
  const bool repeated = field.is_repeated();
  const std::uint64_t bits = random.Below(4) == 0 ? 0 : RandomBits(random);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = static_cast<int>(static_cast<std::int64_t>(bits) % 12);
      if (repeated) return set.AddEnumValue(&message, &field, number);
      return set.SetEnumValue(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return set.SetBool(&message, &field, (bits & 1U) != 0);
    case FieldDescriptor::CPPTYPE_INT64:
      return set.SetInt64(&message, &field, static_cast<std::int64_t>(bits));
    case FieldDescriptor::CPPTYPE_UINT64:
      return set.SetUInt64(&message, &field, bits);
    case FieldDescriptor::CPPTYPE_UINT32:
      return set.SetUInt32(&message, &field, static_cast<std::uint32_t>(bits));
    case FieldDescriptor::CPPTYPE_STRING:
      return set.SetString(&message, &field, std::string(RandomText(random)));
    default:
      TM_CHECK(false, "CallMetric has no other types");
  }
}

void Fill(Message& message, Random& random) {
  const Reflection& set = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_map() || random.Below(3) == 0) continue;
    const std::uint64_t times = field.is_repeated() ? random.Below(4) : 1;
    for (std::uint64_t j = 0; j < times; ++j) {
      if (field.message_type() == nullptr) {
        SetRandomScalar(message, field, random);
      } else {
        Fill(field.is_repeated() ? *set.AddMessage(&message, &field)
                                 : *set.MutableMessage(&message, &field),
             random);
      }
    }
  }
}

std::string RandomInsert(Random& random) {
  const std::uint64_t number = random.Below(20);
  switch (random.Below(7)) {
    case 0:
      return VarintField(number, RandomBits(random));
    case 1:
      return BytesField(number, RandomText(random));
    case 2:
      return Tag(number, 1) + std::string(8, '\x01');
    case 3:
      return Tag(number, 5) + std::string(4, '\x02');
    case 4:
      return Tag(number, 3) + VarintField(3, 1) + Tag(number, 4);
    case 5:
      return BytesField(16 + random.Below(3), VarintField(random.Below(5), RandomBits(random)));
    default:
      return BytesField(8, BytesField(6, RandomText(random)));
  }
}

std::string ScalarOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& get = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = get.GetEnumValue(message, &field);
      return number == 0 ? "NULL" : StrCat(number);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return get.GetBool(message, &field) ? "1" : "0";
    case FieldDescriptor::CPPTYPE_INT64:
      return StrCat(get.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return StrCat(get.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return StrCat(get.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return Text(get.GetString(message, &field));
    default:
      TM_CHECK(false, "CallMetric has no other types");
  }
}

std::string ListOf(const Message& message, const FieldDescriptor& field) {
  std::string out;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    const int number = message.GetReflection()->GetRepeatedEnumValue(message, &field, i);
    if (number != 0) out += StrCat(out.empty() ? "" : ",", number);
  }
  return StrCat("[", out, "]");
}

void AddPresences(const MessageSchema& schema, DecodeSpec& spec) {
  for (const char* name : {"dims", "summary", "sample", "progress", "sample.q"}) {
    spec.fields.push_back(schema.ResolvePresence(name, {}).value());
  }
}

}  // namespace

std::string Cell(const Column& column, std::size_t row) {
  if (column.type.kind != TypeKind::kList) return Scalar(column, row);
  std::string out;
  for (std::size_t i = column.ListBegin(row); i < column.list_ends[row]; ++i) {
    out += StrCat(out.empty() ? "" : ",", Scalar(*column.elements, i));
  }
  return StrCat("[", out, "]");
}

std::string Row(const DecodedRows& rows, std::size_t row) {
  std::string out;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    out += StrCat(i == 0 ? "" : "|", Cell(rows.columns[i], row));
  }
  return out;
}

events::v1::CallMetric RandomCall(Random& random) {
  events::v1::CallMetric call;
  Fill(call, random);
  (*call.mutable_ext())["vendor"] = "x";
  if (random.Below(8) != 0)
    call.set_event_time_ms(random.Between(900'000'000'000, 1'800'000'000'000));
  return call;
}

std::string Mutated(std::string bytes, Random& random) {
  for (std::uint64_t edits = random.Below(4); edits > 0; --edits) {
    const std::size_t at = random.Below(bytes.size() + 1);
    switch (random.Below(6)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.insert(0, RandomInsert(random));
        break;
      case 2:
        bytes.append(RandomInsert(random));
        break;
      case 3:
        bytes.insert(at, RandomInsert(random));
        break;
      case 4:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random.Next());
        break;
      default:
        bytes.append(bytes.substr(at));
    }
  }
  return bytes;
}

DecodeSpec EverythingOfCallMetric() {
  const auto schema = MessageSchema::CallMetric();
  DecodeSpec spec = SpecOf(schema, "event_time_ms", schema->FieldNames({}));
  AddPresences(*schema, spec);
  return spec;
}

std::string Expected(const events::v1::CallMetric& call, const FieldPath& path) {
  const Message* at = &call;
  for (std::size_t i = 0;; ++i) {
    const FieldDescriptor& field = *at->GetDescriptor()->FindFieldByNumber(path.path[i]);
    const Reflection& get = *at->GetReflection();
    const bool there = field.is_repeated() || !field.has_presence() || get.HasField(*at, &field);
    const bool last = i + 1 == path.path.size();
    if (!there) return path.type.kind == TypeKind::kList ? "[]" : "NULL";
    if (last && field.message_type() != nullptr) return "1";
    if (last) return field.is_repeated() ? ListOf(*at, field) : ScalarOf(*at, field);
    at = &get.GetMessage(*at, &field);
  }
}

}  // namespace tidemark
