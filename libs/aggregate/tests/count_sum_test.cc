#include <catch2/catch.hpp>

#include "aggregate/aggregate.h"
namespace tidemark {
namespace {
TEST_CASE("sum leaves out rows that are NULL") {
  Column c(Type::Of(TypeKind::kInteger));
  c.Resize(3);
  c.integers = {1, 2, 3};
  c.valid = {1, 0, 1};
  std::vector<std::uint64_t> mem(3);
  auto* s = reinterpret_cast<std::byte*>(mem.data());
  std::vector<std::uint32_t> rows{0, 1, 2};
  std::vector<std::byte*> st{s, s, s};
  std::vector<const Column*> args{&c};
  StateArena arena;
  auto types = std::vector{c.type};
  auto b = FindAggregate("sum")->bind(types, std::vector<Value>(1));
  REQUIRE(b.ok());
  b->state.function->update({rows, st, args, {}, &arena});
  CHECK(b->finish(s, {}) == Value{Int128{4}});
}
}  // namespace
}  // namespace tidemark
