// Counts every operator new of this executable. Not under a sanitizer, which brings its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TIDEMARK_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TIDEMARK_SANITIZED
#endif
#ifndef TIDEMARK_SANITIZED
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "expression/evaluator.h"
#include "scene.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tidemark {
namespace {

TEST_CASE("evaluation allocates nothing after its first batch") {
  std::vector<Column> columns;
  columns.emplace_back(Type::Of(TypeKind::kInteger));
  columns.emplace_back(Type::DecimalOf(30));
  columns.emplace_back(Type::Of(TypeKind::kDouble));
  Selection in;
  for (std::uint32_t row = 0; row < 100; ++row) {
    Append(columns[0], {Int128{row}});
    Append(columns[1], {Decimal{kInt128Max - row, 30}});
    Append(columns[2], {row * 0.5});
    in.push_back(row);
  }
  const auto integer = ColumnOf(0, columns[0].type);
  const auto number = ColumnOf(2, columns[2].type);
  Evaluator evaluator(
      Make(Operator::kOr,
           {Make(Operator::kIn, {integer, IntegerLiteral(3), DecimalLiteral(45, 1), NullLiteral()}),
            Make(Operator::kNot, {Make(Operator::kLess, {ColumnOf(1, columns[1].type), number})}),
            Make(Operator::kIn, {integer, IntegerLiteral(3), IntegerLiteral(9)}),
            Make(Operator::kIsNull, {number})}));
  Selection out;
  evaluator.Filter(columns, in.size(), in, out);
  const std::size_t before = allocations;
  evaluator.Filter(columns, in.size(), in, out);
  evaluator.Filter(columns, in.size(), in, out);
  CHECK(allocations == before);
  CHECK_FALSE(out.empty());
}

}  // namespace
}  // namespace tidemark
#endif
