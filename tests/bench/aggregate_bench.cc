// Nanoseconds per row of updating the states of aggregates, over many keys and over one.
#include <cmath>
#include <cstdio>
#include <vector>

#include "aggregate/aggregate.h"
#include "base/check.h"
#include "base/random.h"
#include "cpu_time.h"

namespace tidemark {
namespace {

constexpr int kBatches = 4'000;

// Lognormal around 1,500, as post-dial delays in ms are.
Column MakeColumn(Random& random) {
  Column column(Type::Of(TypeKind::kInteger));
  column.Resize(kBatchRows);
  for (std::size_t row = 0; row < kBatchRows; ++row) {
    double normal = -6;
    for (int i = 0; i < 12; ++i) normal += random.Unit();
    column.valid[row] = 1;
    column.integers[row] = static_cast<std::int64_t>(1'500 * std::exp(normal * 0.5));
  }
  return column;
}

BoundAggregate Bind(std::string_view name) {
  const std::vector<Type> types = {Type::Of(TypeKind::kInteger), Type::DecimalOf(2)};
  const std::vector<Value> literals = {{}, {Decimal{95, 2}}};
  const std::size_t arguments = name == "percentile" ? 2 : 1;
  return FindAggregate(name)
      ->bind(std::span(types).first(arguments), std::span(literals).first(arguments))
      .value();
}

void Measure(std::string_view name, std::size_t keys) {
  Random random(1);
  const BoundAggregate bound = Bind(name);
  const StateFunction& function = *bound.state.function;
  std::vector<std::uint64_t> memory(keys * function.size / 8);
  const Column column = MakeColumn(random);
  const std::vector<const Column*> arguments = {&column};
  std::vector<std::uint32_t> rows(kBatchRows);
  std::vector<std::byte*> cells(kBatchRows);
  for (std::size_t row = 0; row < kBatchRows; ++row) {
    rows[row] = static_cast<std::uint32_t>(row);
    cells[row] =
        reinterpret_cast<std::byte*>(memory.data() + random.Below(keys) * function.size / 8);
  }
  StateArena arena;
  const double begin = CpuNanoseconds();
  for (int batch = 0; batch < kBatches; ++batch) {
    function.update({.rows = rows,
                     .cells = cells,
                     .arguments = arguments,
                     .parameters = bound.state.parameters,
                     .arena = &arena});
  }
  const double spent = CpuNanoseconds() - begin;
  std::printf("%-12.*s %5zu keys %7.2f ns/row  state %3zu bytes + %zu per key\n",
              static_cast<int>(name.size()), name.data(), keys,
              spent / (static_cast<double>(kBatches) * kBatchRows), function.size,
              arena.bytes() / keys);
}

int Main() {
  for (const std::size_t keys : {std::size_t{1}, std::size_t{500}}) {
    for (const std::string_view name : {"count", "sum", "max", "aloc", "percentile", "counts"})
      Measure(name, keys);
  }
  return 0;
}

}  // namespace
}  // namespace tidemark

int main() { return tidemark::Main(); }
