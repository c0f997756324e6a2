#include "shuffle/key.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/short_bytes.h"
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

template <class Unsigned>
char* WriteLeb128(Unsigned value, char* out) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

char* WriteInteger(std::int64_t value, char* out) {
  *out++ = kKeyInteger;
  return WriteLeb128(ZigZag(value), out);
}

char* WriteDecimal(const Decimal& value, char* out) {
  const Decimal canonical = value.Normalized();
  *out++ = kKeyDecimal;
  out = WriteLeb128((static_cast<UInt128>(canonical.unscaled) << 1) ^
                        static_cast<UInt128>(canonical.unscaled >> 127),
                    out);
  *out++ = static_cast<char>(canonical.scale);
  return out;
}

// nullptr: it is longer than any key.
[[gnu::noinline]] char* WriteAnyText(KeyTag tag, std::string_view text, char* out) {
  if (text.size() > kMaxKeyBytes) return nullptr;
  *out++ = static_cast<char>(tag);
  out = WriteLeb128(text.size(), out);
  return std::copy_n(text.data(), text.size(), out);
}

[[gnu::always_inline]] inline char* WriteText(KeyTag tag, std::string_view text, char* out) {
  if (text.size() >= 0x80) return WriteAnyText(tag, text, out);
  out[0] = static_cast<char>(tag);
  out[1] = static_cast<char>(text.size());
  CopyShortBytes(text.data(), text.size(), out + 2);
  return out + 2 + text.size();
}

[[gnu::always_inline]] inline char* WritePart(const Column& column, std::uint32_t row, char* out) {
  if (column.valid[row] == 0) {
    *out++ = kKeyNull;
    return out;
  }
  if (column.type.kind == TypeKind::kString) return WriteText(kKeyString, column.strings[row], out);
  switch (column.type.kind) {
    case TypeKind::kBool:
      *out++ = column.integers[row] == 0 ? kKeyFalse : kKeyTrue;
      return out;
    case TypeKind::kInteger:
    case TypeKind::kEnum:
    case TypeKind::kTimestamp:
      return WriteInteger(column.integers[row], out);
    case TypeKind::kDecimal:
      return WriteDecimal({column.decimals[row], column.type.scale}, out);
    case TypeKind::kBytes:
      return WriteAnyText(kKeyBytes, column.strings[row], out);
    case TypeKind::kString:
    case TypeKind::kDouble:
    case TypeKind::kList:
    case TypeKind::kObject:
      break;
  }
  TM_CHECK(false, "the planner refuses grouping by doubles, lists and objects");
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

// Texts are the usual columns and are not copied before they are written.
bool AppendPart(ByteReader& in, const Type& type, std::string& out) {
  const bool is_text = type.kind == TypeKind::kString && in.remaining() > 0 &&
                       static_cast<std::uint8_t>(*in.position()) == kKeyString;
  if (is_text) {
    in.U8();
    AppendJsonString(in.LengthPrefixed(), out);
    return true;
  }
  const std::optional<Value> part = ReadPart(in, type);
  if (part) AppendJson(*part, out);
  return part.has_value();
}

// Calls take(in, type) for each group column; false from it: the value does not fit the type.
template <class Take>
Status ReadColumns(std::string_view key, std::span<const Type> types, std::uint64_t& grouping_id,
                   Take take) {
  ByteReader in(key);
  grouping_id = in.Leb128();
  for (std::size_t i = 0; i < types.size(); ++i) {
    const bool fits = take(in, types[i]);
    if (!in.ok()) return Status::DataLoss("a group key ends in the middle of a value");
    if (fits) continue;
    return Status::DataLoss(
        StrCat("column ", i + 1, " of a group key is not a canonical ", types[i].ToString()));
  }
  if (!in.ok() || !in.at_end()) {
    return Status::DataLoss(
        StrCat("a group key of ", key.size(), " bytes has not ", types.size(), " columns"));
  }
  return {};
}

}  // namespace

char* WriteKey(std::uint64_t grouping_id, std::span<const Column* const> columns, std::uint32_t row,
               char* out) {
  const char* const begin = out;
  out = WriteLeb128(grouping_id, out);
  for (const Column* column : columns) {
    out = WritePart(*column, row, out);
    if (out == nullptr || out - begin > static_cast<std::ptrdiff_t>(kMaxKeyBytes)) return nullptr;
  }
  return out;
}

Result<DecodedKey> DecodeKey(std::string_view key, std::span<const Type> types) {
  DecodedKey decoded;
  decoded.parts.reserve(types.size());
  const auto take = [&](ByteReader& in, const Type& type) {
    std::optional<Value> part = ReadPart(in, type);
    if (!part) return false;
    decoded.parts.push_back(*std::move(part));
    return true;
  };
  TM_RETURN_IF_ERROR(ReadColumns(key, types, decoded.grouping_id, take));
  return decoded;
}

Status AppendKeyJson(std::string_view key, std::span<const Type> types, std::string& out,
                     std::vector<std::size_t>& ends) {
  std::uint64_t grouping_id = 0;
  return ReadColumns(key, types, grouping_id, [&](ByteReader& in, const Type& type) {
    const bool appended = AppendPart(in, type, out);
    ends.push_back(out.size());
    return appended;
  });
}

}  // namespace tidemark
