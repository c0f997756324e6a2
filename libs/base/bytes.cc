#include "base/bytes.h"

namespace tidemark {

void ByteWriter::ZigZagLeb128Wide(Int128 value) {
  UInt128 zigzag = (static_cast<UInt128>(value) << 1) ^ static_cast<UInt128>(value >> 127);
  while (zigzag >= 0x80) {
    U8(static_cast<std::uint8_t>(zigzag | 0x80));
    zigzag >>= 7;
  }
  U8(static_cast<std::uint8_t>(zigzag));
}

std::uint64_t ByteReader::Leb128() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) break;
    const auto byte = static_cast<std::uint8_t>(*at_++);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

Int128 ByteReader::ZigZagLeb128Wide() {
  UInt128 value = 0;
  for (int shift = 0; shift < 133; shift += 7) {
    if (at_ == end_) break;
    const auto byte = static_cast<std::uint8_t>(*at_++);
    if (shift == 126 && byte > 3) break;
    value |= static_cast<UInt128>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return static_cast<Int128>(value >> 1) ^ -static_cast<Int128>(value & 1);
    }
  }
  Fail();
  return 0;
}

std::string_view ByteReader::Bytes(std::uint64_t size) {
  if (remaining() < size) {
    Fail();
    return {};
  }
  const std::string_view bytes(at_, static_cast<std::size_t>(size));
  at_ += size;
  return bytes;
}

}  // namespace tidemark
