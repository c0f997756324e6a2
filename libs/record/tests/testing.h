// What the tests of this library share: making messages, mutating bytes, and the generated class as
// the oracle.
#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "record/decoder.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {

inline FieldPath Resolved(const MessageSchema& schema, std::string_view dotted,
                          std::span<const std::int32_t> root = {}) {
  return schema.Resolve(dotted, root).value();
}

inline DecodeSpec SpecOf(std::shared_ptr<const MessageSchema> schema, std::string_view event_time,
                         const std::vector<std::string>& fields) {
  DecodeSpec spec{.schema = std::move(schema)};
  spec.event_time = Resolved(*spec.schema, event_time);
  if (spec.event_time.type.kind == TypeKind::kTimestamp)
    spec.time_unit = TimeUnit::kTimestampMessage;
  for (const std::string& field : fields) spec.fields.push_back(Resolved(*spec.schema, field));
  return spec;
}

// A tag, as a writer of any wire type, sound or not, would write it.
inline std::string Tag(std::uint64_t number, std::uint64_t type) {
  std::string out;
  ByteWriter(out).Leb128(number << 3U | type);
  return out;
}
inline std::string VarintField(std::uint64_t number, std::uint64_t value) {
  std::string out = Tag(number, 0);
  ByteWriter(out).Leb128(value);
  return out;
}
inline std::string BytesField(std::uint64_t number, std::string_view value) {
  std::string out = Tag(number, 2);
  ByteWriter(out).LengthPrefixed(value);
  return out;
}

// Row `row` of a column as text: NULL, 12, "text", [1,2].
std::string Cell(const Column& column, std::size_t row);
// Row `row` of all columns, separated by '|'.
std::string Row(const DecodedRows& rows, std::size_t row);

// The elements of one record, which outlives `rows`. Valid until the next.
inline std::span<const Element> DecodeOne(Decoder& decoder, const std::string_view& record,
                                          DecodedRows& rows) {
  return decoder.Decode(std::span(&record, 1), rows).elements;
}

// A call of every kind, every field there or not, texts not always ASCII.
events::v1::CallMetric RandomCall(Random& random);
// Bytes with a few edits: cut, flipped, repeated, with fields of other wire types and groups put
// in.
std::string Mutated(std::string bytes, Random& random);

// Every scalar path of the schema, and the presence of its messages.
DecodeSpec EverythingOfCallMetric();
// What the decoder should read from `call` for a path: by reflection on the generated class.
std::string Expected(const events::v1::CallMetric& call, const FieldPath& path);

}  // namespace tidemark
