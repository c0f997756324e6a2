#include "shuffle/key.h"

#include <algorithm>
#include <cstring>
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

// The most bytes of a tag and a value, or of a tag and a length.
constexpr std::size_t kPartRoom = 1 + 19 + 1;
constexpr std::size_t kGroupingIdRoom = 10;

template <std::size_t kSize>
bool SameEnds(const char* a, const char* b, std::size_t size) {
  return std::memcmp(a, b, kSize) == 0 &&
         std::memcmp(a + size - kSize, b + size - kSize, kSize) == 0;
}

// Like memcmp, without its call: most texts are short.
bool SameBytes(const char* a, const char* b, std::size_t size) {
  for (; size > 32; a += 16, b += 16, size -= 16) {
    if (std::memcmp(a, b, 16) != 0) return false;
  }
  if (size >= 16) return SameEnds<16>(a, b, size);
  if (size >= 8) return SameEnds<8>(a, b, size);
  if (size >= 4) return SameEnds<4>(a, b, size);
  if (size >= 2) return SameEnds<2>(a, b, size);
  return size == 0 || *a == *b;
}

// Writes a key. Of both, Byte and Text return whether the rest is wanted.
struct Writer {
  using At = char*;
  At at;

  bool Byte(std::uint8_t byte) {
    *at++ = static_cast<char>(byte);
    return true;
  }
  bool Text(std::string_view text) {
    at = std::copy_n(text.data(), text.size(), at);
    return true;
  }
};

// Compares with a key what would be written. No key of some columns begins with another one of
// them, so that none ends before it differs.
struct Comparer {
  using At = const char*;
  At at;

  bool Byte(std::uint8_t byte) { return *at++ == static_cast<char>(byte); }
  bool Text(std::string_view text) {
    const char* const begin = at;
    at += text.size();
    return SameBytes(begin, text.data(), text.size());
  }
};

template <class Unsigned, class To>
bool PutLeb128(Unsigned value, To& to) {
  for (; value >= 0x80; value >>= 7) {
    if (!to.Byte(static_cast<std::uint8_t>(value | 0x80))) return false;
  }
  return to.Byte(static_cast<std::uint8_t>(value));
}

template <class To>
bool PutInteger(std::int64_t value, To& to) {
  return to.Byte(kKeyInteger) && PutLeb128(ZigZag(value), to);
}

template <class To>
bool PutDecimal(const Decimal& value, To& to) {
  const Decimal canonical = value.Normalized();
  return to.Byte(kKeyDecimal) &&
         PutLeb128((static_cast<UInt128>(canonical.unscaled) << 1) ^
                       static_cast<UInt128>(canonical.unscaled >> 127),
                   to) &&
         to.Byte(canonical.scale);
}

template <class To>
bool PutText(KeyTag tag, std::string_view text, To& to) {
  return to.Byte(tag) && PutLeb128(text.size(), to) && to.Text(text);
}

// Calls put(row, to) for each row with a place in `ats`, and moves that behind what was put; it
// becomes nullptr if the rest is not wanted.
template <class To, class Put>
void PutRows(std::span<const std::uint32_t> rows, typename To::At* ats, Put put) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (ats[i] == nullptr) continue;
    To to{ats[i]};
    ats[i] = put(rows[i], to) ? to.at : nullptr;
  }
}

template <class To, class Put>
void PutValues(const Column& column, std::span<const std::uint32_t> rows, typename To::At* ats,
               Put put) {
  PutRows<To>(rows, ats, [&](std::uint32_t row, To& to) {
    return column.valid[row] == 0 ? to.Byte(kKeyNull) : put(row, to);
  });
}

template <class To>
void PutColumn(const Column& column, std::span<const std::uint32_t> rows, typename To::At* ats) {
  switch (column.type.kind) {
    case TypeKind::kBool:
      return PutValues<To>(column, rows, ats, [&](std::uint32_t row, To& to) {
        return to.Byte(column.integers[row] == 0 ? kKeyFalse : kKeyTrue);
      });
    case TypeKind::kInteger:
    case TypeKind::kEnum:
    case TypeKind::kTimestamp:
      return PutValues<To>(column, rows, ats, [&](std::uint32_t row, To& to) {
        return PutInteger(column.integers[row], to);
      });
    case TypeKind::kDecimal:
      return PutValues<To>(column, rows, ats, [&](std::uint32_t row, To& to) {
        return PutDecimal({column.decimals[row], column.type.scale}, to);
      });
    case TypeKind::kString:
    case TypeKind::kBytes: {
      const KeyTag tag = column.type.kind == TypeKind::kString ? kKeyString : kKeyBytes;
      return PutValues<To>(column, rows, ats, [&](std::uint32_t row, To& to) {
        return PutText(tag, column.strings[row], to);
      });
    }
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

std::size_t KeyRoom(std::span<const Column* const> columns, std::uint32_t row) {
  std::size_t room = kGroupingIdRoom + columns.size() * kPartRoom;
  for (const Column* column : columns) {
    if (!column->strings.empty()) room += column->strings[row].size();
  }
  return room;
}

char* WriteKey(std::uint64_t grouping_id, std::span<const Column* const> columns, std::uint32_t row,
               char* out) {
  Writer writer{out};
  PutLeb128(grouping_id, writer);
  for (const Column* column : columns) PutColumn<Writer>(*column, std::span(&row, 1), &writer.at);
  return writer.at;
}

void MatchKeys(std::uint64_t grouping_id, std::span<const Column* const> columns,
               std::span<const std::uint32_t> rows, std::span<const char*> keys) {
  PutRows<Comparer>(rows, keys.data(), [&](std::uint32_t, Comparer& comparer) {
    return PutLeb128(grouping_id, comparer);
  });
  for (const Column* column : columns) PutColumn<Comparer>(*column, rows, keys.data());
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
