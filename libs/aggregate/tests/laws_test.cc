// The laws of every state function, through every aggregate of the registry that reads it.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "bound_cases.h"

namespace tidemark {
namespace {

using Picked = std::vector<std::uint32_t>;

Random AnyRandom() { return Random(*rc::gen::arbitrary<std::uint64_t>()); }

// Mostly few rows; sometimes enough for every change of representation.
std::size_t AnyRowCount(Random& random) {
  return random.Below(4) == 0 ? random.Below(1'000) : random.Below(20);
}

Picked AllOf(const RandomRows& rows) {
  Picked picked(rows.rows());
  std::iota(picked.begin(), picked.end(), 0U);
  return picked;
}

void Shuffle(Picked& picked, Random& random) {
  for (std::size_t i = picked.size(); i > 1; --i) std::swap(picked[i - 1], picked[random.Below(i)]);
}

StateBox StateOf(const BoundCase& bound_case, const RandomRows& rows, const Picked& picked) {
  StateBox state(bound_case);
  state.Update(rows, picked);
  return state;
}

// `parts` states that together saw every row once.
std::vector<StateBox> Shards(const BoundCase& bound_case, const RandomRows& rows, Random& random) {
  std::vector<Picked> parts(1 + random.Below(6));
  Picked picked = AllOf(rows);
  Shuffle(picked, random);
  for (const std::uint32_t row : picked) parts[random.Below(parts.size())].push_back(row);
  std::vector<StateBox> states;
  for (const Picked& part : parts) states.push_back(StateOf(bound_case, rows, part));
  return states;
}

template <class Law>
void CheckEverywhere(Law law) {
  for (const BoundCase& bound_case : BoundCases()) {
    INFO(bound_case.call);
    CHECK(rc::check([&] {
      Random random = AnyRandom();
      const RandomRows rows(bound_case, AnyRowCount(random), random);
      law(bound_case, rows, random);
    }));
  }
}

TEST_CASE("the laws reach every state function") {
  std::set<const StateFunction*> reached;
  for (const BoundCase& bound_case : BoundCases()) reached.insert(bound_case.bound.state.function);
  for (const StateFunction* function : StateFunctions()) {
    INFO(function->name);
    CHECK(reached.count(function) == 1);
    CHECK(function->size % 8 == 0);
  }
  CHECK(reached.size() == StateFunctions().size());
}

TEST_CASE("the state of no rows is the identity") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random&) {
    StateBox state = StateOf(bound_case, rows, AllOf(rows));
    const std::string before = state.Encode();
    state.Merge(StateBox(bound_case));
    RC_ASSERT(state.Encode() == before);
    StateBox empty(bound_case);
    empty.Merge(state);
    RC_ASSERT(empty.Encode() == before);
    RC_ASSERT(empty.Finish() == state.Finish());
  });
}

TEST_CASE("merging is commutative and leaves its source alone") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random& random) {
    const RandomRows more(bound_case, AnyRowCount(random), random);
    StateBox a = StateOf(bound_case, rows, AllOf(rows));
    StateBox b = StateOf(bound_case, more, AllOf(more));
    StateBox other = StateOf(bound_case, more, AllOf(more));
    other.Merge(a);
    const std::string source = b.Encode();
    a.Merge(b);
    RC_ASSERT(b.Encode() == source);
    RC_ASSERT(a.Encode() == other.Encode());
  });
}

TEST_CASE("any cut, order and merge tree gives the bytes and the value of the whole") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random& random) {
    const StateBox whole = StateOf(bound_case, rows, AllOf(rows));
    std::vector<StateBox> states = Shards(bound_case, rows, random);
    while (states.size() > 1) {
      const std::size_t into = random.Below(states.size() - 1);
      states[into].Merge(states.back());
      states.pop_back();
    }
    RC_ASSERT(states[0].Encode() == whole.Encode());
    RC_ASSERT(states[0].Finish() == whole.Finish());
  });
}

TEST_CASE(
    "merging encoded states gives the bytes and the value of the whole and reads exactly its "
    "bytes") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random& random) {
    const StateBox whole = StateOf(bound_case, rows, AllOf(rows));
    StateBox united(bound_case);
    for (const StateBox& state : Shards(bound_case, rows, random)) {
      const std::string encoded = state.Encode() + "next";
      ByteReader in(encoded);
      RC_ASSERT(united.MergeEncoded(in));
      RC_ASSERT(in.remaining() == 4U);
    }
    RC_ASSERT(united.Encode() == whole.Encode());
    RC_ASSERT(united.Finish() == whole.Finish());
  });
}

TEST_CASE("updating in batches equals updating at once") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random& random) {
    StateBox state(bound_case);
    Picked batch;
    for (const std::uint32_t row : AllOf(rows)) {
      batch.push_back(row);
      if (random.Below(5) != 0) continue;
      state.Update(rows, batch);
      batch.clear();
    }
    state.Update(rows, batch);
    RC_ASSERT(state.Encode() == StateOf(bound_case, rows, AllOf(rows)).Encode());
  });
}

TEST_CASE("finishing twice gives the same value and changes nothing") {
  CheckEverywhere([](const BoundCase& bound_case, const RandomRows& rows, Random&) {
    const StateBox state = StateOf(bound_case, rows, AllOf(rows));
    const std::string before = state.Encode();
    const Value first = state.Finish();
    RC_ASSERT(state.Finish() == first);
    RC_ASSERT(state.Encode() == before);
  });
}

}  // namespace
}  // namespace tidemark
