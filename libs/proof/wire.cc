#include "proof/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

namespace tidemark::proof {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

}  // namespace

std::optional<std::vector<WireField>> SplitFields(std::string_view message) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(message.data()),
                      static_cast<int>(message.size()));
  std::vector<WireField> fields;
  while (in.CurrentPosition() < static_cast<int>(message.size())) {
    const auto begin = static_cast<std::size_t>(in.CurrentPosition());
    const std::uint32_t tag = in.ReadTag();
    const auto number = static_cast<std::uint32_t>(WireFormatLite::GetTagFieldNumber(tag));
    if (number == 0 || !WireFormatLite::SkipField(&in, tag)) return std::nullopt;
    const auto end = static_cast<std::size_t>(in.CurrentPosition());
    WireField field{.number = number, .whole = message.substr(begin, end - begin)};
    field.is_length_delimited =
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field.is_length_delimited) {
      CodedInputStream prefix(reinterpret_cast<const std::uint8_t*>(field.whole.data()),
                              static_cast<int>(field.whole.size()));
      std::uint32_t length = 0;
      prefix.ReadTag();
      if (!prefix.ReadVarint32(&length)) return std::nullopt;
      field.payload = field.whole.substr(field.whole.size() - length);
    }
    fields.push_back(field);
  }
  return fields;
}

void AppendMessage(std::uint32_t number, std::string_view payload, std::string& out) {
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.WriteTag(
      WireFormatLite::MakeTag(static_cast<int>(number), WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  coded.WriteVarint32(static_cast<std::uint32_t>(payload.size()));
  coded.WriteString(std::string(payload));
}

}  // namespace tidemark::proof
