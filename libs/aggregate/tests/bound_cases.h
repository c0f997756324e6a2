// Every aggregate bound to every type it accepts, and random rows for it: what the laws are tested
// over.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "aggregate/aggregate.h"
#include "base/random.h"

namespace tidemark {

struct BoundCase {
  std::string call;  // "percentile(integer, decimal)"
  std::vector<Type> arguments;
  std::vector<Value> literals;  // those after the column arguments, as FinishContext wants them
  BoundAggregate bound;
};

// Each aggregate of the registry with every choice of argument types that it binds.
const std::vector<BoundCase>& BoundCases();

// An enum with values 0 = NULL, COMPLETED = 3 and others.
Type CallStateType();

// Random argument columns of one case: NULLs, extremes, refused doubles, long texts; few or many
// distinct values.
class RandomRows {
 public:
  RandomRows(const BoundCase& bound_case, std::size_t rows, Random& random);
  std::size_t rows() const { return rows_; }
  std::vector<const Column*> columns() const;

 private:
  void Fill(Column& column, Random& random);
  void FillList(Column& column, Random& random);
  void FillCell(Column& column, Random& random);
  std::int64_t AnyInteger(Random& random) const;

  std::size_t rows_;
  std::uint64_t spread_;  // how many different values there may be
  std::deque<Column> columns_;
  std::deque<std::string> texts_;
};

// A state with memory of its own.
class StateBox {
 public:
  explicit StateBox(const BoundCase& bound_case)
      : case_(&bound_case), words_(bound_case.bound.state.function->size / sizeof(std::uint64_t)) {}
  StateBox(StateBox&&) noexcept = default;

  void Update(const RandomRows& rows, const std::vector<std::uint32_t>& picked);
  void Merge(const StateBox& from) { function().merge(bytes(), from.bytes(), arena_); }
  bool MergeEncoded(ByteReader& in) { return function().merge_encoded(bytes(), in, arena_); }
  std::string Encode() const;
  Value Finish() const;

 private:
  const StateFunction& function() const { return *case_->bound.state.function; }
  std::byte* bytes() { return reinterpret_cast<std::byte*>(words_.data()); }
  const std::byte* bytes() const { return reinterpret_cast<const std::byte*>(words_.data()); }

  const BoundCase* case_;
  std::vector<std::uint64_t> words_;
  StateArena arena_;
};

}  // namespace tidemark
