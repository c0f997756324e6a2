// Runs a compiled program over the bytes of one message.
//
// Thread: owned by one task thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
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
  // defaults of the schema. REQUIRES: they are program().absent.
  Outcome Read(std::string_view message, Slot* slots) {
    outcome_ = Outcome::kWhole;
    for (auto& list : lists_) list.clear();
    elements_.clear();
    record_ = {.begin = reinterpret_cast<wire::At>(message.data()),
               .size = static_cast<Place>(message.size()),
               .slots = slots};
    return ReadLevels() ? outcome_ : Outcome::kBroken;
  }
  std::size_t width() const { return program_.absent.size(); }

  // Of the message last read.
  const std::vector<Slot>& list(std::uint16_t index) const { return lists_[index]; }
  const std::vector<std::string_view>& elements() const { return elements_; }
  const Program& program() const { return program_; }

 private:
  // Places are offsets into the record. One that lies past the end of a level, or is kNowhere, says
  // that the level's framing is broken: whoever skips a field need not look whether it fits.
  using Place = std::ptrdiff_t;
  static constexpr Place kNowhere = std::numeric_limits<Place>::max();

  // The message at hand. Loops keep a copy, which nothing that they store can change.
  struct Record {
    wire::At begin = nullptr;
    Place size = 0;
    Slot* slots = nullptr;

    wire::At end() const { return begin + size; }
    Place PlaceOf(wire::At at) const { return at == nullptr ? kNowhere : at - begin; }
  };
  // A level of it that is being read.
  struct Inside {
    const Level* level = nullptr;
    Place end = 0;
  };
  // Where a field ends, or where the message that it is begins; of no level: it is none.
  struct Stop {
    Place at = 0;
    Inside message;
  };

  // The whole record, level by level. False: the framing of a vital level is broken.
  bool ReadLevels();
  // Whether a level may end here; else its framing is broken, which is noted.
  bool MayEnd(const Inside& inside, Place at);
  void Enter(const Inside& message, Inside& inside, std::size_t& depth);
  static Place SkipLongVarint(const Record& record, Place value);
  // A field by its shortcut, neither of a message nor of a varint that is skipped. `value` is where
  // its value begins, with the byte `first`.
  Place ReadValue(const Record& record, Shortcut shortcut, Place value, std::uint32_t first,
                  Place end);
  // Where the bytes of a value begin and end. The end is kNowhere: behind the level's.
  struct Bytes {
    Place begin = 0;
    Place end = 0;
  };
  static Bytes ReadLength(const Record& record, Place value, std::uint32_t first);
  Place ReadText(const Record& record, Place begin, Place end, std::uint16_t slot, Place level_end);
  // Any field by its action. REQUIRES: at < inside.end.
  Stop ReadRare(const Inside& inside, Place at);
  wire::At ReadField(const Action& action, wire::At at, wire::At end);
  wire::At ReadPacked(const Action& action, wire::At at, wire::At end);
  wire::At ReadScalar(const Action& action, Slot& slot, wire::At at, wire::At end);
  wire::At ReadBytes(const Action& action, Slot& slot, wire::At at, wire::At end);
  void AddToList(const Action& action, const Slot& slot);
  void SwitchOneof(const Level& level, const Action& action, std::uint32_t number);
  void Undo(const Action& action);
  void Note(Outcome outcome) { outcome_ = outcome > outcome_ ? outcome : outcome_; }

  Program program_;
  // Levels and ends of the messages around the one that is being read. Not in pairs: one that was
  // stored in halves would be loaded whole, and that waits until both have left the processor.
  std::vector<const Level*> outer_levels_;
  std::vector<Place> outer_ends_;
  std::vector<std::vector<Slot>> lists_;
  std::vector<std::string_view> elements_;
  Record record_;
  Outcome outcome_ = Outcome::kWhole;
};

}  // namespace tidemark
