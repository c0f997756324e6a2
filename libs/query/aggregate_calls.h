// Calls of aggregates: bound by the registry, their states shared where two spellings mean one
// computation.
#pragma once

#include <optional>
#include <vector>

#include "query/conditions.h"
#include "query/plan.h"

namespace tidemark {

// The states of one query's cells. State 0 is the event count.
class StateList {
 public:
  StateList();
  // Index of the state; two states of the same function, parameters, arguments and filter are one.
  std::size_t Add(StateColumn state);
  std::vector<StateColumn> Take() { return std::move(states_); }

 private:
  std::vector<StateColumn> states_;
};

// All but the name of the output; nullopt after reporting.
std::optional<OutputColumn> BindAggregate(const SqlExpr& call, NameScope& scope, StateList& states);

}  // namespace tidemark
