// Runs a compiled program over the bytes of one message.
//
// Thread: owned by one task thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/program.h"

namespace tidemark {

class Reader {
 public:
  explicit Reader(Program program);

  enum class Outcome : std::uint8_t {
    kWhole,
    kNotUtf8,        // some text that is read is not UTF-8, be it overwritten later or not
    kBrokenPayload,  // framing broken on a level that is not vital
    kBroken,         // framing broken on a vital level; nothing below is to be used
  };
  Outcome Read(std::string_view message);

  // Of the message last read. Texts point into its bytes, or are defaults of the schema.
  const Slot& slot(std::uint16_t index) const { return slots_[index]; }
  const std::vector<Slot>& list(std::uint16_t index) const { return lists_[index]; }
  const std::vector<std::string_view>& elements() const { return elements_; }
  const Program& program() const { return program_; }

 private:
  // False: the framing of this level is broken, or that of a vital level below.
  bool ReadLevel(const Level& level, wire::At at, wire::At end);
  // Fields by their shortcuts, until the level or the record is close to its end. A field may reach
  // past the level's end, though never past the record's: what is returned is then behind `end`.
  // nullptr: the framing is broken.
  wire::At ReadShort(const Level& level, wire::At at, wire::At end);
  // One field by its action. REQUIRES: at < end.
  wire::At ReadRare(const Level& level, wire::At at, wire::At end);
  wire::At ReadField(const Action& action, wire::At at, wire::At end);
  // `at` may lie behind `end`, within the record.
  wire::At EnterMessage(const Level& level, std::uint32_t number, wire::At at, wire::At end);
  wire::At ReadMessage(const Action& action, wire::At at, wire::At end);
  wire::At ReadPacked(const Action& action, wire::At at, wire::At end);
  wire::At ReadScalar(const Action& action, Slot& slot, wire::At at, wire::At end);
  wire::At ReadBytes(const Action& action, Slot& slot, wire::At at, wire::At end);
  void AddToList(const Action& action, const Slot& slot);
  void SwitchOneof(const Level& level, const Action& action, std::uint32_t number);
  void Undo(const Action& action);
  void Note(Outcome outcome) { outcome_ = outcome > outcome_ ? outcome : outcome_; }

  Program program_;
  std::vector<Slot> slots_;
  std::vector<std::vector<Slot>> lists_;
  std::vector<std::string_view> elements_;
  wire::At record_end_ = nullptr;
  Outcome outcome_ = Outcome::kWhole;
};

}  // namespace tidemark
