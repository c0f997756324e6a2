// The outermost fields of a protobuf message, without knowledge of its type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::proof {

struct WireField {
  std::uint32_t number = 0;
  bool is_length_delimited = false;
  std::string_view payload;  // of a length-delimited one
  std::string_view whole;    // with its tag
};

// The fields in order; nullopt if the framing is broken. Views into `message`.
std::optional<std::vector<WireField>> SplitFields(std::string_view message);

// Appends a length-delimited field.
void AppendMessage(std::uint32_t number, std::string_view payload, std::string& out);

}  // namespace tidemark::proof
