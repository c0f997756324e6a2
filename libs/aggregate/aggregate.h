// Aggregates: the states they keep (monoids) and the results read from them.
//
// A *state function* is a monoid over fixed-size states: zero bytes are its identity, Update adds
// rows, Merge unites two states. Its encoding is a function of the multiset of rows alone, whatever
// the order and the cuts (EXACT), so that results depend on nothing but the input. What does not
// fit the fixed size lies in a StateArena. An *aggregate* is what a user calls: it names a state
// function for its arguments and finishes a state into a value. Several aggregates may read one
// state: avg(x) and sum(x) share theirs, as do percentile(x, 0.5) and (x, 0.95).
//
// Both are entries of one explicit table each (registry.cc); docs and checks are generated from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "model/column.h"
#include "model/type.h"
#include "model/value.h"

namespace tidemark {

// Memory of states beyond their fixed size: blocks of powers of two, from 32 bytes up, with free
// lists. Everything is released at once by Reset or destruction, so states need no destructor. A
// bad_alloc ends the process. Thread: that of its owner.
class StateArena {
 public:
  StateArena();
  ~StateArena();
  StateArena(StateArena&&) noexcept;
  StateArena& operator=(StateArena&&) noexcept;
  // A block of at least `size` bytes, aligned to 16, content unspecified.
  std::byte* Allocate(std::size_t size);
  // Gives a block of Allocate(size) back for reuse.
  void Free(std::byte* block, std::size_t size);
  // Drops every block and keeps the memory for reuse.
  void Reset();
  // Bytes held from the system.
  std::size_t bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Parameters of a state, fixed at plan time: which they are is the state function's own affair (the
// number of the enum value COMPLETED, digits of fixed point, unit of a histogram's index).
struct StateParameters {
  std::int64_t first = 0;
  std::int64_t second = 0;
  friend bool operator==(const StateParameters&, const StateParameters&) = default;
};

// One call of Update: for each i, row rows[i] goes into the state at cells[i] + offset. Rows a
// FILTER refused are not in it. Rows in which a lone argument is NULL may be in it or not: they
// change no state.
struct UpdateBatch {
  std::span<const std::uint32_t> rows;
  std::span<std::byte* const> cells;
  std::size_t offset = 0;  // of the state in each cell
  std::span<const Column* const> arguments;
  StateParameters parameters;
  StateArena* arena = nullptr;
};

struct StateFunction {
  std::string_view name;  // "sum"; with `version` it is part of the logged state list
  std::uint16_t version = 1;
  std::size_t size = 0;  // bytes, a multiple of 8, at an address aligned to 8; all zero = identity
  void (*update)(const UpdateBatch& batch) = nullptr;
  // Never modifies `from`.
  void (*merge)(std::byte* into, const std::byte* from, StateArena& arena) = nullptr;
  // Canonical bytes, self-delimiting.
  void (*encode)(const std::byte* state, ByteWriter& out) = nullptr;
  // Decodes one state and merges it into `into`. False if the bytes are not an encoded state;
  // `into` is then unspecified. Never reads past the reader's end and bounds every allocation by
  // the bytes that are there.
  bool (*merge_encoded)(std::byte* into, ByteReader& in, StateArena& arena) = nullptr;
  // How many inputs were counted as NULL because the state cannot hold them (NaN, infinity, out of
  // range, negative where that is refused). nullptr: cannot happen.
  std::uint64_t (*nullified)(const std::byte* state) = nullptr;
};

// A state function with what it is applied to: one state of each cell.
struct BoundState {
  const StateFunction* function = nullptr;
  StateParameters parameters;
};

// Reads a value out of a state. No side effects: it is called again for each revision.
// `type` is the argument's type (enum names for counts), `literals` the constant arguments after
// the first.
struct FinishContext {
  StateParameters parameters;
  Type argument;
  std::span<const Value> literals;
};
using FinishFunction = Value (*)(const std::byte* state, const FinishContext& context);

// What a call `name(arguments)` is bound to.
struct BoundAggregate {
  BoundState state;
  FinishFunction finish = nullptr;
  Type result;
  std::size_t column_arguments =
      0;  // the leading arguments that are columns; the rest are literals
};

enum class Accuracy : std::uint8_t { kExact, kBounded };

// What a user reads about an aggregate, and how a call of it is checked.
struct AggregateInfo {
  std::string_view name;         // "percentile"
  std::string_view arguments;    // "x number, p decimal"
  std::string_view result;       // "decimal"
  std::string_view description;  // one sentence
  std::string_view example;      // "percentile(summary.pdd_ms, 0.95)"
  Accuracy accuracy = Accuracy::kExact;
  std::string_view error;  // the stated error of kBounded
};

struct AggregateFunction {
  AggregateInfo info;
  // Checks the argument types (a literal argument has its literal in `literals`, at the same index;
  // NULL Value for column arguments) and binds. The error is one sentence that a user understands,
  // with what would be right.
  Result<BoundAggregate> (*bind)(std::span<const Type> arguments,
                                 std::span<const Value> literals) = nullptr;
};

// Every aggregate, sorted by name.
std::span<const AggregateFunction> Aggregates();
// Names of aggregates that are known but not there yet, sorted: "top_k is not supported yet" is a
// better answer than "unknown function".
std::span<const std::string_view> NotYetAggregates();
// Every state function; the laws are tested over all of them.
std::span<const StateFunction* const> StateFunctions();
// nullptr if there is none of that name (names are lower case).
const AggregateFunction* FindAggregate(std::string_view name);
const StateFunction* FindStateFunction(std::string_view name, std::uint16_t version);

}  // namespace tidemark
