// Reading and writing of byte strings: little-endian fixed integers, LEB128, zigzag,
// length-prefixed strings.
//
// The reader never reads past its end and never trusts a length: a read that does not fit fails,
// and the reader stays failed. Check ok() once after a group of reads; values of a failed reader
// are zero or empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/int128.h"

namespace tidemark {

constexpr std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Appends to a string it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void U8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Fixed32(std::uint32_t value) { Raw(&value, sizeof value); }
  void Fixed64(std::uint64_t value) { Raw(&value, sizeof value); }
  void Fixed128(Int128 value) { Raw(&value, sizeof value); }
  void Leb128(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void ZigZagLeb128(std::int64_t value) { Leb128(ZigZag(value)); }
  // Zigzag LEB128 of up to 19 bytes.
  void ZigZagLeb128Wide(Int128 value);
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  void LengthPrefixed(std::string_view bytes) {
    Leb128(bytes.size());
    Bytes(bytes);
  }
  std::size_t size() const { return out_.size(); }

 private:
  void Raw(const void* data, std::size_t size) {
    out_.append(static_cast<const char*>(data), size);
  }

  std::string& out_;
};

// Reads from bytes that must outlive it and every view it returns.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  const char* position() const { return at_; }

  std::uint8_t U8() {
    std::uint8_t value = 0;
    Raw(&value, sizeof value);
    return value;
  }
  std::uint32_t Fixed32() {
    std::uint32_t value = 0;
    Raw(&value, sizeof value);
    return value;
  }
  std::uint64_t Fixed64() {
    std::uint64_t value = 0;
    Raw(&value, sizeof value);
    return value;
  }
  Int128 Fixed128() {
    Int128 value = 0;
    Raw(&value, sizeof value);
    return value;
  }
  // Fails on more than 10 bytes and on bits beyond 64.
  std::uint64_t Leb128();
  std::int64_t ZigZagLeb128() { return UnZigZag(Leb128()); }
  // Fails on more than 19 bytes and on bits beyond 128.
  Int128 ZigZagLeb128Wide();
  std::string_view Bytes(std::uint64_t size);
  std::string_view LengthPrefixed() { return Bytes(Leb128()); }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  void Raw(void* out, std::size_t size) {
    if (remaining() < size) return Fail();
    std::memcpy(out, at_, size);
    at_ += size;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace tidemark
