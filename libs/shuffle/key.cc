#include "shuffle/key.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"

namespace tidemark {
namespace {

enum KeyTag : std::uint8_t {
  kKeyNull = 0,
  kKeyFalse = 1,
  kKeyTrue = 2,
  kKeyInteger = 3,
  kKeyDecimal = 4,
  kKeyString = 5,
  kKeyBytes = 6,
};

// The most fraction digits a decimal of ours can have.
constexpr std::uint8_t kMaxScale = 38;

void AppendInteger(std::int64_t value, ByteWriter& out) {
  out.U8(kKeyInteger);
  out.ZigZagLeb128(value);
}

void AppendDecimal(const Decimal& value, ByteWriter& out) {
  const Decimal canonical = value.Normalized();
  out.U8(kKeyDecimal);
  out.ZigZagLeb128Wide(canonical.unscaled);
  out.U8(canonical.scale);
}

// Nearly every text is short: its tag and its length are appended together.
void AppendText(KeyTag tag, std::string_view text, std::string& out) {
  if (text.size() < 0x80) {
    const std::array<char, 2> head = {static_cast<char>(tag), static_cast<char>(text.size())};
    out.append(head.data(), head.size());
    out.append(text);
    return;
  }
  ByteWriter writer(out);
  writer.U8(tag);
  writer.LengthPrefixed(text);
}

std::optional<Value> FromInteger(std::int64_t value, const Type& type) {
  switch (type.kind) {
    case TypeKind::kInteger:
      return Value{Int128{value}};
    case TypeKind::kTimestamp:
      return Value{Value::Time{value}};
    case TypeKind::kEnum:
      TM_CHECK(type.enumeration != nullptr, "an enum column knows its names");
      return Value{type.enumeration->NameOf(value)};
    default:
      return std::nullopt;
  }
}

std::optional<Value> ReadDecimal(ByteReader& in) {
  Decimal value;
  value.unscaled = in.ZigZagLeb128Wide();
  value.scale = in.U8();
  if (value.scale > kMaxScale || !(value.Normalized() == value)) return std::nullopt;
  return Value{value};
}

// nullopt: the tag does not fit the type or the value is not canonical. A short read shows in
// in.ok().
std::optional<Value> ReadPart(ByteReader& in, const Type& type) {
  const std::uint8_t tag = in.U8();
  switch (tag) {
    case kKeyNull:
      return Value{};
    case kKeyFalse:
    case kKeyTrue:
      if (type.kind != TypeKind::kBool) return std::nullopt;
      return Value{tag == kKeyTrue};
    case kKeyInteger:
      return FromInteger(in.ZigZagLeb128(), type);
    case kKeyDecimal:
      if (type.kind != TypeKind::kDecimal) return std::nullopt;
      return ReadDecimal(in);
    case kKeyString:
      if (type.kind != TypeKind::kString) return std::nullopt;
      return Value{std::string(in.LengthPrefixed())};
    case kKeyBytes:
      if (type.kind != TypeKind::kBytes) return std::nullopt;
      return Value{Value::Bytes{std::string(in.LengthPrefixed())}};
    default:
      return std::nullopt;
  }
}

}  // namespace

void AppendGroupingId(std::uint64_t grouping_id, std::string& out) {
  ByteWriter(out).Leb128(grouping_id);
}

void AppendKeyPart(const Column& column, std::uint32_t row, std::string& out) {
  ByteWriter writer(out);
  if (column.valid[row] == 0) return writer.U8(kKeyNull);
  switch (column.type.kind) {
    case TypeKind::kBool:
      return writer.U8(column.integers[row] == 0 ? kKeyFalse : kKeyTrue);
    case TypeKind::kInteger:
    case TypeKind::kEnum:
    case TypeKind::kTimestamp:
      return AppendInteger(column.integers[row], writer);
    case TypeKind::kDecimal:
      return AppendDecimal({column.decimals[row], column.type.scale}, writer);
    case TypeKind::kString:
      return AppendText(kKeyString, column.strings[row], out);
    case TypeKind::kBytes:
      return AppendText(kKeyBytes, column.strings[row], out);
    case TypeKind::kDouble:
    case TypeKind::kList:
    case TypeKind::kObject:
      TM_CHECK(false, "the planner refuses grouping by doubles, lists and objects");
  }
}

Result<DecodedKey> DecodeKey(std::string_view key, std::span<const Type> types) {
  ByteReader in(key);
  DecodedKey decoded;
  decoded.grouping_id = in.Leb128();
  decoded.parts.reserve(types.size());
  for (const Type& type : types) {
    std::optional<Value> part = ReadPart(in, type);
    if (!in.ok()) return Status::DataLoss("a group key ends in the middle of a value");
    if (!part) {
      return Status::DataLoss(StrCat("column ", decoded.parts.size() + 1, " of a group key is not ",
                                     "a canonical ", type.ToString()));
    }
    decoded.parts.push_back(*std::move(part));
  }
  if (!in.ok() || !in.at_end()) {
    return Status::DataLoss(
        StrCat("a group key of ", key.size(), " bytes has not ", types.size(), " columns"));
  }
  return decoded;
}

}  // namespace tidemark
