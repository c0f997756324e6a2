// Every state function and every bind function, one file of definitions per family. Internal to
// this library: users go through the tables of registry.cc.
#pragma once

#include "aggregate/aggregate.h"

namespace tidemark {

using BindTypes = std::span<const Type>;
using BindLiterals = std::span<const Value>;

extern const StateFunction kCountState;
extern const StateFunction kSumState;
extern const StateFunction kSumDecimalState;

Result<BoundAggregate> BindCount(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindSum(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindAvg(BindTypes types, BindLiterals literals);

}  // namespace tidemark
