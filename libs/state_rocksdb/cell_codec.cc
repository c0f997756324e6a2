#include "state_rocksdb/cell_codec.h"

#include "base/bytes.h"

namespace tidemark {
namespace {

constexpr std::uint8_t kStoreFormat = 1;
constexpr std::size_t kFixedKeyBytes = 1 + 8 + 4 + 8 + 8;

template <class T>
void AppendBigEndian(T value, std::string& out) {
  for (int shift = 8 * static_cast<int>(sizeof value) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

template <class T>
T ReadBigEndian(std::string_view bytes) {
  T value = 0;
  for (const char c : bytes.substr(0, sizeof value)) {
    value = static_cast<T>(value << 8U | static_cast<std::uint8_t>(c));
  }
  return value;
}

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

std::uint64_t FlipSign(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSignBit; }
std::int64_t UnflipSign(std::uint64_t value) { return static_cast<std::int64_t>(value ^ kSignBit); }

std::string SlicePrefix(std::int64_t slice_end, InstanceId instance) {
  std::string prefix(1, kCellPrefix);
  AppendBigEndian(FlipSign(slice_end), prefix);
  AppendBigEndian(instance.value(), prefix);
  return prefix;
}

// The smallest string above every string that begins with `prefix`. REQUIRES: its first byte is not
// 0xff.
std::string Successor(std::string prefix) {
  while (prefix.back() == '\xff') prefix.pop_back();
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

std::string EncodeCellKey(const CellKey& key) {
  std::string bytes = SlicePrefix(key.slice_end, key.instance);
  AppendBigEndian(FlipSign(key.tag), bytes);
  AppendBigEndian(key.key_hash, bytes);
  bytes.append(key.key);
  return bytes;
}

std::optional<CellKey> DecodeCellKey(std::string_view bytes) {
  if (bytes.size() < kFixedKeyBytes || bytes[0] != kCellPrefix) return std::nullopt;
  return CellKey{.slice_end = UnflipSign(ReadBigEndian<std::uint64_t>(bytes.substr(1))),
                 .instance = InstanceId(ReadBigEndian<std::uint32_t>(bytes.substr(9))),
                 .tag = UnflipSign(ReadBigEndian<std::uint64_t>(bytes.substr(13))),
                 .key_hash = ReadBigEndian<std::uint64_t>(bytes.substr(21)),
                 .key = bytes.substr(kFixedKeyBytes)};
}

std::string EncodeCellValue(Offset stamp, std::string_view states) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(kCellFormat);
  out.Fixed64(static_cast<std::uint64_t>(stamp.value()));
  out.Bytes(states);
  return bytes;
}

std::optional<CellValue> DecodeCellValue(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.U8() != kCellFormat) return std::nullopt;
  const auto stamp = static_cast<std::int64_t>(in.Fixed64());
  if (!in.ok() || stamp < 0) return std::nullopt;
  return CellValue{Offset(stamp), in.Bytes(in.remaining())};
}

CellRange RangeOfSlice(const CellStore::ExpiredSlice& slice) {
  std::string begin = SlicePrefix(slice.slice_end, slice.instance);
  std::string end = Successor(begin);
  return {std::move(begin), std::move(end)};
}

std::string EncodeIdentity(const StoreIdentity& identity) {
  std::string bytes = "TMS";
  ByteWriter out(bytes);
  out.U8(kStoreFormat);
  out.LengthPrefixed(identity.cluster);
  out.LengthPrefixed(identity.pipeline);
  out.Bytes(identity.incarnation.text());
  out.Leb128(identity.merge.value());
  return bytes;
}

}  // namespace tidemark
