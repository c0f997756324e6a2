#include "task/cell_layout.h"

#include <cstring>

#include "base/check.h"

namespace tidemark {

CellLayout::CellLayout(const QueryPlan& query) {
  TM_CHECK(!query.states.empty(), "the first state of every query is its event count");
  TM_CHECK(query.states[0].state.function->name == "count", "the first state is the event count");
  for (const StateColumn& column : query.states) {
    const StateFunction* function = column.state.function;
    TM_CHECK(function->size % 8 == 0, "states are made of words");
    states_.push_back({function, size_});
    size_ += function->size;
  }
}

std::uint64_t CellLayout::Events(const std::byte* states) {
  std::uint64_t events = 0;
  std::memcpy(&events, states, sizeof events);
  return events;
}

void CellLayout::Merge(std::byte* into, const std::byte* from, StateArena& arena) const {
  for (const Placed& state : states_) {
    state.function->merge(into + state.offset, from + state.offset, arena);
  }
}

void CellLayout::Encode(const std::byte* states, std::string& out) const {
  ByteWriter writer(out);
  for (const Placed& state : states_) state.function->encode(states + state.offset, writer);
}

}  // namespace tidemark
