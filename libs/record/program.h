// What a decoder does at each field of each message level: a table compiled once from descriptors
// and paths.
//
// All state of one record lies in one array of slots. A level owns a contiguous range of it: its
// presence, its scalars by ascending field number, the cases of its oneofs, then its sub-levels. So
// a message that a oneof replaces is undone by copying its range of `absent` back.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "record/wire.h"

namespace google::protobuf {
class Descriptor;
}

namespace tidemark {

// Text and bytes: `bits` is the address and `size` the length. Every other value is in `bits`:
// integers and enums sign extended, unsigned ones zero extended, doubles as their bits, a oneof's
// case as its field number.
struct Slot {
  static constexpr std::uint32_t kDefault = 1;
  static constexpr std::uint32_t kRead = 2;
  std::uint64_t bits = 0;
  std::uint32_t size = 0;
  std::uint32_t valid = 0;  // 0: NULL; kDefault: not in the record; kRead: from the record
};

enum class Step : std::uint8_t {
  kSkip,
  kInt64,  // and uint64
  kInt32,  // and enums
  kUInt32,
  kBool,
  kSInt32,
  kSInt64,
  kFixed32,
  kSFixed32,
  kFixed64,  // and sfixed64, double
  kFloat,
  kText,
  kBytes,
  kMessage,
  kElement,  // an element of the unnested field
  kMark,     // not read, but a member of a oneof that has read ones
};

struct Action {
  Step step = Step::kSkip;
  wire::WireType type = wire::WireType::kVarint;  // with another one the field is unknown
  bool list = false;
  bool zero_is_null = false;  // of an enum
  std::uint16_t index = 0;    // slot; of kMessage the level; of a list its number
  std::uint16_t oneof = 0;    // slot of the case; 0: in none
};

// The short way for the usual tags, known by number and wire type together.
// Up to kReadText: skipped without more, or with a length; from there to kReadBool: varints that
// are read. The reader goes by that.
enum class Op : std::uint8_t {
  kSkipVarint,
  kSkipBytes,
  kReadText,
  kReadInt64,
  kReadInt32,
  kReadUInt32,
  kReadBool,
  kReadMessage,
  kSkipFixed32,
  kSkipFixed64,
  kReadFixed64,
  kRare,  // the long way: by Action
};

// All that the short way needs to know about a tag, in one load.
struct Shortcut {
  Op op = Op::kRare;
  bool zero_is_null = false;
  std::uint16_t index = 0;  // slot; of kReadMessage the level
};

struct Level {
  static constexpr std::uint32_t kShortTags = 512;  // field numbers below 64
  bool vital = false;  // framing broken here breaks the level above too: it leads to the event time
                       // or the elements
  bool holds_elements = false;    // the unnested field is here or in a sub-level
  int group_depth = 0;            // how many groups may nest inside
  std::uint16_t presence = 0;     // slot
  std::uint16_t scalars_end = 0;  // slots (presence, scalars_end) are its scalars
  std::uint16_t slots_end = 0;    // slots [presence, slots_end) are its and its sub-levels'
  std::uint16_t lists_begin = 0;  // lists [lists_begin, lists_end) likewise
  std::uint16_t lists_end = 0;
  std::array<Shortcut, kShortTags> shortcuts{};          // by tag
  std::vector<Action> dense;                             // by field number
  std::vector<std::pair<std::uint32_t, Action>> sparse;  // of larger field numbers

  const Action& Find(std::uint32_t number) const {
    return number < dense.size() ? dense[number] : FindSparse(number);
  }

 private:
  const Action& FindSparse(std::uint32_t number) const;
};

struct Program {
  std::vector<Level> levels;  // 0 is the root
  std::vector<Slot> absent;   // every slot when the record is empty
  std::vector<Slot> present;  // every scalar when its message is there and the field is not
  std::uint16_t lists = 0;
};

// A path of field numbers below the root.
using NumberPath = std::span<const std::int32_t>;

// What to compile. A path ends at a scalar, a repeated scalar, a Timestamp (its two scalars are
// read) or a message (its presence is read).
struct ProgramSpec {
  const google::protobuf::Descriptor* root = nullptr;
  std::vector<NumberPath> fields;
  NumberPath vital;       // the levels on this path are vital; its end is read too
  bool elements = false;  // `vital` ends at the repeated message whose elements are collected
  int depth = 0;          // of the root below the record
};
// REQUIRES: the paths exist.
Program Compile(const ProgramSpec& spec);

// Where the end of a compiled path is found: the slot, or the list's number; of a message the slot
// of its presence.
struct Place {
  bool list = false;
  std::uint16_t index = 0;
};
Place Locate(const Program& program, NumberPath path);

}  // namespace tidemark
