// Everything that this version refuses by name: one table, so that each has one sentence, one
// suggestion and a test.
#pragma once

#include <span>
#include <string_view>

#include "yaml/source_file.h"

namespace tidemark {

struct Refusal {
  // "clause/having", "expression/CaseExpr", "operator/+", "function/lower", "foreign/emit".
  std::string_view key;
  std::string_view message;
  std::string_view suggestion;
  std::string_view
      example;  // a SELECT list, clause or query that is refused so; the tests run all of them
};

// Sorted by nothing in particular; keys are unique.
std::span<const Refusal> Refusals();
// nullptr if there is none.
const Refusal* FindRefusal(std::string_view key);
// "NOT_SUPPORTED_YET" for what says so in its message, else "REFUSED".
Problem ToProblem(const Refusal& refusal);

}  // namespace tidemark
