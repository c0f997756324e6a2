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
  // Fills `slots`, as many as width() says. Texts point into the bytes of the message, or are
  // defaults of the schema.
  Outcome Read(std::string_view message, Slot* slots);
  std::size_t width() const { return program_.absent.size(); }

  // Of the message last read.
  const std::vector<Slot>& list(std::uint16_t index) const { return lists_[index]; }
  const std::vector<std::string_view>& elements() const { return elements_; }
  const Program& program() const { return program_; }

 private:
  // A message that is being read.
  struct Inside {
    const Level* level = nullptr;
    wire::At end = nullptr;
  };
  // Where reading fields stopped, nullptr: the framing is broken. A varint may reach past the
  // level's end, though never past the record's.
  struct Stop {
    wire::At at = nullptr;
    Inside message;  // that begins there; of no level: none
  };

  // The whole record, level by level. False: the framing of a vital level is broken.
  bool ReadLevels(wire::At at);
  void Enter(const Level& level);
  // Fields by their shortcuts, until one is rare, the level or the record is close to its end, or a
  // message begins.
  Stop ReadShort(const Inside& inside, wire::At at);
  // One field by its action. REQUIRES: at < inside.end.
  Stop ReadRare(const Inside& inside, wire::At at);
  wire::At ReadField(const Action& action, wire::At at, wire::At end);
  wire::At ReadPacked(const Action& action, wire::At at, wire::At end);
  wire::At ReadScalar(const Action& action, Slot& slot, wire::At at, wire::At end);
  wire::At ReadBytes(const Action& action, Slot& slot, wire::At at, wire::At end);
  void AddToList(const Action& action, const Slot& slot);
  void SwitchOneof(const Level& level, const Action& action, std::uint32_t number);
  void Undo(const Action& action);
  void Note(Outcome outcome) { outcome_ = outcome > outcome_ ? outcome : outcome_; }

  Program program_;
  std::vector<Inside> outer_;  // around the message that is being read
  Slot* slots_ = nullptr;      // of the message at hand
  std::vector<std::vector<Slot>> lists_;
  std::vector<std::string_view> elements_;
  wire::At record_end_ = nullptr;
  Outcome outcome_ = Outcome::kWhole;
};

}  // namespace tidemark
