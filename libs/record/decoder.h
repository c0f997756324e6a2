// Selective decoding of protobuf records into columns, straight from the wire.
//
// A DecodeSpec names the fields that the queries of a pipeline read; everything else is skipped.
// Per record nothing is allocated after warm-up, and no generated or reflective message class is
// touched.
//
// Semantics: last value wins; sub-messages split over several occurrences merge; packed and
// unpacked repeated scalars both read; proto3 scalars without presence read as their default,
// `optional` ones and fields of absent messages as NULL; proto2 defaults are honoured; a repeated
// field is a list (never NULL), enum elements with number 0 are left out when the enum's zero is
// *_UNSPECIFIED; an enum scalar of such number is NULL. Groups are skipped by matching tags.
// Framing is checked on exactly the levels that lead to a field that is read; the inside of a
// packed list is such a level. The last member of a oneof wins: earlier ones read as absent. Closed
// enums are read as open ones, and a Timestamp outside the years 1 to 9999 as NULL. A text that is
// read must be UTF-8 at each of its occurrences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/time.h"
#include "model/type.h"

namespace google::protobuf {
class Descriptor;
}

namespace tidemark {

// A field reached from a message by a path of field numbers; the last one is a scalar, a repeated
// scalar, a Timestamp or, read as a bool, a message whose presence is asked.
struct FieldPath {
  std::string name;                // as its schema spells it: "dims.to_country"
  std::vector<std::int32_t> path;  // field numbers
  Type type;
  friend bool operator==(const FieldPath&, const FieldPath&) = default;
};

// The message type of a source. Built in, or from a serialized FileDescriptorSet. Immutable,
// shared.
class MessageSchema {
 public:
  // The built-in tidemark.events.v1.CallMetric.
  static std::shared_ptr<const MessageSchema> CallMetric();
  // Sets without the well-known types are completed with them. The error names what is missing or
  // malformed.
  static Result<std::shared_ptr<const MessageSchema>> FromDescriptorSet(std::string_view bytes,
                                                                        std::string_view message);
  ~MessageSchema();

  // Resolves a dotted path below `root` (the message itself, or the element of an unnested field):
  // names match exactly, else uniquely without case. The error names the nearest field.
  Result<FieldPath> Resolve(std::string_view dotted, std::span<const std::int32_t> root) const;
  // The presence of a single message field: a bool that is true if the message is there and NULL if
  // not, so that `summary IS NOT NULL` has a column to read.
  Result<FieldPath> ResolvePresence(std::string_view dotted,
                                    std::span<const std::int32_t> root) const;
  // The path of a repeated message field, for unnest.
  Result<std::vector<std::int32_t>> ResolveUnnest(std::string_view dotted) const;
  // Every scalar path below `root` up to depth 4, for suggestions and `SELECT`-able names.
  std::vector<std::string> FieldNames(std::span<const std::int32_t> root) const;
  const std::string& name() const;
  // The descriptor set it can be loaded from again, with no type in it that it does not need; "" of
  // the built-in message. Equal for equal types.
  const std::string& closure() const;
  const google::protobuf::Descriptor& descriptor() const;

 private:
  MessageSchema();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class TimeUnit : std::uint8_t { kUnixMs, kUnixSeconds, kTimestampMessage };

struct DecodeSpec {
  std::shared_ptr<const MessageSchema> schema;  // immutable
  std::vector<std::int32_t> unnest;             // empty: the record is the event
  FieldPath event_time;  // relative to the element; a Timestamp message for kTimestampMessage
  TimeUnit time_unit = TimeUnit::kUnixMs;
  EventTime min_event_time = kMinEventTimeDefault;
  std::vector<FieldPath> fields;  // field i becomes column i; relative to the element
};

// What became of one element (without unnest: of the record).
enum class ElementFault : std::uint8_t {
  kNone,
  kUnframed,  // framing broken on the way to the elements: the whole record is dead, and this
              // stands for all of it
  kBroken,  // framing broken on a level that leads to the event time: no event time, nothing moves
  kInvalidEventTime,  // zero, negative, absent or outside [min_event_time, 9999-12-31]
  kBrokenPayload,     // event time is valid, but framing that a field needs is broken
  kNotUtf8,           // event time is valid, but a string that is read is not UTF-8
};

struct Element {
  std::int64_t event_time = kNoWatermark;  // valid if HasTime(fault)
  std::uint32_t record = 0;                // index into the records that were given
  std::uint32_t index = 0;                 // in the unnested field; 0 without unnest
  std::int32_t row = -1;                   // its row of the batch; -1 if it has a fault
  ElementFault fault = ElementFault::kNone;
};

inline bool HasTime(ElementFault fault) {
  return fault == ElementFault::kNone || fault == ElementFault::kBrokenPayload ||
         fault == ElementFault::kNotUtf8;
}

// Rows of live elements, in order. Views point into the records' bytes.
//
// Columns are written by index: one that is no list has room for more rows than there are, and what
// lies behind `rows` is unspecified. A list column is `rows` long.
struct DecodedRows {
  std::vector<Column> columns;
  std::size_t rows = 0;

  explicit DecodedRows(const DecodeSpec& spec);
  void Clear();
  bool full() const { return rows >= kBatchRows; }

 private:
  friend class Decoder;
  // Where a column's cells lie; none of a list.
  struct Cells {
    std::byte* values = nullptr;
    std::uint8_t* valid = nullptr;
  };
  void Reserve(std::size_t room);

  std::size_t complete_ = 0;  // rows whose cells are written
  std::size_t room_ = 0;      // rows
  std::vector<Cells> cells_;  // by column
};

// Records from the front of those that were given, and their elements in order: none of a record
// whose unnested field is empty. Valid until the next Decode.
struct DecodedRecords {
  std::size_t taken = 0;
  std::span<const Element> elements;
};

// Thread: owned by one task thread.
class Decoder {
 public:
  explicit Decoder(DecodeSpec spec);
  ~Decoder();
  // Takes records until `rows` is full or they are used up: at least one, if there is one and
  // `rows` is not full. Their live elements become rows; an element with a fault adds none. A
  // record with more elements than a batch has rows still goes into one batch. The records must
  // outlive the rows.
  DecodedRecords Decode(std::span<const std::string_view> records, DecodedRows& rows);
  const DecodeSpec& spec() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
