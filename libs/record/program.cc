#include "record/program.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "base/check.h"
#include "record/field_type.h"

namespace tidemark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;
using wire::WireType;

// Field numbers below this are found by index.
constexpr std::uint32_t kDenseNumbers = Level::kShortTags / 8;

// The part of a message type that is read.
struct Wanted {
  const Descriptor* message = nullptr;
  bool vital = false;
  bool holds_elements = false;
  std::map<int, Wanted> messages;
  std::set<int> scalars;
  int element = 0;  // field number of the unnested field, 0 if it is not here
};

struct Reading {
  Step step;
  WireType type;
};

Reading ReadingOf(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_UINT64:
      return {Step::kInt64, WireType::kVarint};
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_ENUM:
      return {Step::kInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_UINT32:
      return {Step::kUInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_BOOL:
      return {Step::kBool, WireType::kVarint};
    case FieldDescriptor::TYPE_SINT32:
      return {Step::kSInt32, WireType::kVarint};
    case FieldDescriptor::TYPE_SINT64:
      return {Step::kSInt64, WireType::kVarint};
    case FieldDescriptor::TYPE_FIXED32:
      return {Step::kFixed32, WireType::kFixed32};
    case FieldDescriptor::TYPE_SFIXED32:
      return {Step::kSFixed32, WireType::kFixed32};
    case FieldDescriptor::TYPE_FLOAT:
      return {Step::kFloat, WireType::kFixed32};
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
    case FieldDescriptor::TYPE_DOUBLE:
      return {Step::kFixed64, WireType::kFixed64};
    case FieldDescriptor::TYPE_STRING:
      return {Step::kText, WireType::kBytes};
    case FieldDescriptor::TYPE_BYTES:
      return {Step::kBytes, WireType::kBytes};
    case FieldDescriptor::TYPE_MESSAGE:
      return {Step::kMessage, WireType::kBytes};
    case FieldDescriptor::TYPE_GROUP:
      return {Step::kMark, WireType::kStartGroup};
  }
  TM_CHECK(false, "every field type is listed");
}

Slot ValidBits(std::uint64_t bits) { return {.bits = bits, .valid = Slot::kDefault}; }
template <class T>
Slot ValidInteger(T value) {
  return ValidBits(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
}

Slot DefaultOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ValidInteger(field.default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return ValidInteger(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return ValidBits(field.default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return ValidBits(field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_BOOL:
      return ValidBits(field.default_value_bool() ? 1 : 0);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ValidBits(std::bit_cast<std::uint64_t>(field.default_value_double()));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ValidBits(std::bit_cast<std::uint64_t>(double{field.default_value_float()}));
    case FieldDescriptor::CPPTYPE_ENUM: {
      Slot slot = ValidInteger(field.default_value_enum()->number());
      if (slot.bits == 0 && ZeroIsNull(*field.enum_type())) slot.valid = 0;
      return slot;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& text = field.default_value_string();
      return {.bits = std::bit_cast<std::uint64_t>(text.data()),
              .size = static_cast<std::uint32_t>(text.size()),
              .valid = Slot::kDefault};
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  TM_CHECK(false, "a message has no default value");
}

void Want(Wanted& root, NumberPath path, bool vital, bool elements) {
  Wanted* at = &root;
  at->vital = at->vital || vital;
  at->holds_elements = at->holds_elements || elements;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool last = i + 1 == path.size();
    const FieldDescriptor* field = at->message->FindFieldByNumber(path[i]);
    TM_CHECK(field != nullptr, "paths are resolved against the schema before they are compiled");
    if (last && elements) {
      at->element = path[i];
      return;
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      TM_CHECK(last, "only a message has fields");
      at->scalars.insert(path[i]);
      return;
    }
    at = &at->messages[path[i]];
    at->message = field->message_type();
    at->vital = at->vital || vital;
    at->holds_elements = at->holds_elements || elements;
    if (last && IsTimestamp(*field->message_type())) at->scalars = {1, 2};
  }
}

Op SkipOf(WireType type) {
  switch (type) {
    case WireType::kVarint:
      return Op::kSkipVarint;
    case WireType::kFixed64:
      return Op::kSkipFixed64;
    case WireType::kBytes:
      return Op::kSkipBytes;
    case WireType::kFixed32:
      return Op::kSkipFixed32;
    default:
      return Op::kRare;
  }
}

Op OpOf(const Action& action, WireType type) {
  if (action.step == Step::kSkip) return SkipOf(type);
  if (action.list || action.type != type) return Op::kRare;
  if (action.step == Step::kMessage) return Op::kReadMessage;
  if (action.oneof != 0) return Op::kRare;
  switch (action.step) {
    case Step::kInt64:
      return Op::kReadInt64;
    case Step::kInt32:
      return Op::kReadInt32;
    case Step::kUInt32:
      return Op::kReadUInt32;
    case Step::kBool:
      return Op::kReadBool;
    case Step::kFixed64:
      return Op::kReadFixed64;
    case Step::kText:
      return Op::kReadText;
    default:
      return Op::kRare;
  }
}

void SetShortcuts(Level& level) {
  for (std::uint32_t tag = 0; tag < level.shortcuts.size(); ++tag) {
    const std::uint32_t number = tag >> 3U;
    if (number == 0) continue;
    const Action& action = level.Find(number);
    level.shortcuts[tag] = {.op = OpOf(action, static_cast<WireType>(tag & 7U)),
                            .zero_is_null = action.zero_is_null,
                            .index = action.index};
  }
}

class Compiler {
 public:
  // Returns the level's number.
  std::uint16_t AddLevel(const Wanted& wanted, int depth);
  Program Take() { return std::move(program_); }

 private:
  void AddScalars(const Wanted& wanted, Level& level, bool root);
  void AddOneofs(const Wanted& wanted, Level& level);
  void AddMark(const FieldDescriptor& field, Level& level, std::uint16_t slot);
  std::uint16_t AddSlot(const Slot& absent, const Slot& present);
  static void SetAction(Level& level, int number, const Action& action);
  static Action* ActionOf(Level& level, int number);

  Program program_;
};

std::uint16_t Narrow(std::size_t value) {
  TM_CHECK(value < std::numeric_limits<std::uint16_t>::max(), "a pipeline reads too many fields");
  return static_cast<std::uint16_t>(value);
}

std::uint16_t Compiler::AddSlot(const Slot& absent, const Slot& present) {
  program_.absent.push_back(absent);
  program_.present.push_back(present);
  return Narrow(program_.absent.size() - 1);
}

Action* Compiler::ActionOf(Level& level, int number) {
  const auto key = static_cast<std::uint32_t>(number);
  if (key < kDenseNumbers) return key < level.dense.size() ? &level.dense[key] : nullptr;
  for (auto& [sparse_number, action] : level.sparse) {
    if (sparse_number == key) return &action;
  }
  return nullptr;
}

void Compiler::SetAction(Level& level, int number, const Action& action) {
  const auto key = static_cast<std::uint32_t>(number);
  if (Action* present = ActionOf(level, number)) {
    *present = action;
  } else if (key < kDenseNumbers) {
    level.dense.resize(key + 1);
    level.dense[key] = action;
  } else {
    level.sparse.emplace_back(key, action);
  }
}

void Compiler::AddScalars(const Wanted& wanted, Level& level, bool root) {
  for (const int number : wanted.scalars) {
    const FieldDescriptor& field = *wanted.message->FindFieldByNumber(number);
    const Reading reading = ReadingOf(field.type());
    Action action{.step = reading.step, .type = reading.type, .list = field.is_repeated()};
    action.zero_is_null = field.enum_type() != nullptr && ZeroIsNull(*field.enum_type());
    if (field.is_repeated()) {
      action.index = program_.lists++;
    } else {
      const bool has_default = !field.has_presence() || field.has_default_value();
      const Slot present = has_default ? DefaultOf(field) : Slot{};
      action.index = AddSlot(root ? present : Slot{}, present);
    }
    SetAction(level, number, action);
  }
  level.scalars_end = Narrow(program_.absent.size());
}

void Compiler::AddMark(const FieldDescriptor& field, Level& level, std::uint16_t slot) {
  if (Action* action = ActionOf(level, field.number()); action && action->step != Step::kSkip) {
    action->oneof = slot;
    return;
  }
  const Reading reading = ReadingOf(field.type());
  SetAction(level, field.number(), {.step = Step::kMark, .type = reading.type, .oneof = slot});
}

void Compiler::AddOneofs(const Wanted& wanted, Level& level) {
  std::set<const OneofDescriptor*> read;
  const auto note = [&](int number) {
    read.insert(wanted.message->FindFieldByNumber(number)->real_containing_oneof());
  };
  for (const int number : wanted.scalars) note(number);
  for (const auto& [number, child] : wanted.messages) note(number);
  for (int i = 0; i < wanted.message->real_oneof_decl_count(); ++i) {
    const OneofDescriptor* oneof = wanted.message->oneof_decl(i);
    if (read.count(oneof) == 0) continue;
    const std::uint16_t slot = AddSlot({}, {});
    for (int j = 0; j < oneof->field_count(); ++j) AddMark(*oneof->field(j), level, slot);
  }
}

std::uint16_t Compiler::AddLevel(const Wanted& wanted, int depth) {
  const std::uint16_t number = Narrow(program_.levels.size());
  const bool root = number == 0;
  program_.levels.emplace_back();
  Level level;
  level.vital = wanted.vital;
  level.holds_elements = wanted.holds_elements;
  level.group_depth = wire::kMaxDepth - depth;
  level.presence = AddSlot(root ? ValidBits(1) : Slot{}, ValidBits(1));
  level.lists_begin = program_.lists;
  AddScalars(wanted, level, root);
  if (wanted.element != 0) {
    SetAction(level, wanted.element, {.step = Step::kElement, .type = WireType::kBytes});
  }
  for (const auto& [field, child] : wanted.messages) {
    SetAction(level, field, {.step = Step::kMessage, .type = WireType::kBytes});
  }
  AddOneofs(wanted, level);
  for (const auto& [field, child] : wanted.messages) {
    ActionOf(level, field)->index = AddLevel(child, depth + 1);
  }
  level.slots_end = Narrow(program_.absent.size());
  level.lists_end = program_.lists;
  SetShortcuts(level);
  program_.levels[number] = std::move(level);
  return number;
}

}  // namespace

const Action& Level::FindSparse(std::uint32_t number) const {
  static const Action kSkip;
  for (const auto& [known, action] : sparse) {
    if (known == number) return action;
  }
  return kSkip;
}

Program Compile(const ProgramSpec& spec) {
  Wanted root;
  root.message = spec.root;
  Want(root, spec.vital, true, spec.elements);
  for (const NumberPath field : spec.fields) Want(root, field, false, false);
  Compiler compiler;
  compiler.AddLevel(root, spec.depth);
  return compiler.Take();
}

Place Locate(const Program& program, NumberPath path) {
  const Level* level = &program.levels[0];
  for (const std::int32_t number : path) {
    const Action& action = level->Find(static_cast<std::uint32_t>(number));
    TM_CHECK(action.step != Step::kSkip, "the path was compiled");
    if (action.step != Step::kMessage) return {.list = action.list, .index = action.index};
    level = &program.levels[action.index];
  }
  return {.index = level->presence};
}

}  // namespace tidemark
