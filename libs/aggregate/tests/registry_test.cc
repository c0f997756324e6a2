#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "aggregate/aggregate.h"
#include "aggregate/functions_document.h"

namespace tidemark {
namespace {

bool ByName(const AggregateFunction& a, const AggregateFunction& b) {
  return a.info.name < b.info.name;
}

TEST_CASE("aggregates are sorted by name, without duplicates, and found by it") {
  const auto all = Aggregates();
  CHECK(std::is_sorted(all.begin(), all.end(), ByName));
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i - 1].info.name != all[i].info.name);
  for (const AggregateFunction& aggregate : all)
    CHECK(FindAggregate(aggregate.info.name) == &aggregate);
  CHECK(FindAggregate("SUM") == nullptr);
  CHECK(FindAggregate("") == nullptr);
}

TEST_CASE("every aggregate says what a user needs to know") {
  for (const AggregateFunction& aggregate : Aggregates()) {
    INFO(aggregate.info.name);
    CHECK_FALSE(aggregate.info.arguments.empty());
    CHECK_FALSE(aggregate.info.result.empty());
    CHECK(aggregate.info.description.ends_with('.'));
    CHECK(aggregate.info.example.starts_with(aggregate.info.name));
    CHECK((aggregate.info.accuracy == Accuracy::kBounded) == !aggregate.info.error.empty());
  }
}

TEST_CASE("state functions have names of their own and are found by name and version") {
  std::set<std::string_view> names;
  for (const StateFunction* function : StateFunctions()) {
    CHECK(names.insert(function->name).second);
    CHECK(FindStateFunction(function->name, function->version) == function);
    CHECK(FindStateFunction(function->name, static_cast<std::uint16_t>(function->version + 1)) ==
          nullptr);
  }
}

TEST_CASE("what is not there yet is not there, and sorted") {
  const auto names = NotYetAggregates();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string_view name : names) CHECK(FindAggregate(name) == nullptr);
}

// TIDEMARK_WRITE_DOCS=1 aggregate_test "docs/functions.md*" writes the file anew.
TEST_CASE("docs/functions.md is what the table says") {
  const std::string path = "docs/functions.md";
  if (std::getenv("TIDEMARK_WRITE_DOCS") != nullptr) std::ofstream(path) << FunctionsDocument();
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  INFO(
      "stale: run TIDEMARK_WRITE_DOCS=1 aggregate_test \"docs/functions.md*\" in the source "
      "directory");
  CHECK(content.str() == FunctionsDocument());
}

}  // namespace
}  // namespace tidemark
