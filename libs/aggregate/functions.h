// Every state function and every bind function, one file of definitions per family. Internal to
// this library: users go through the tables of registry.cc.
#pragma once

#include "aggregate/aggregate.h"

namespace tidemark {

using BindTypes = std::span<const Type>;
using BindLiterals = std::span<const Value>;

extern const StateFunction kAlocState;
extern const StateFunction kAsrState;
extern const StateFunction kCountState;
extern const StateFunction kCountsIntegerState;
extern const StateFunction kCountsTextState;
extern const StateFunction kHistogramState;
extern const StateFunction kMaxDecimalState;
extern const StateFunction kMaxDoubleState;
extern const StateFunction kMaxIntegerState;
extern const StateFunction kMaxTextState;
extern const StateFunction kMinDecimalState;
extern const StateFunction kMinDoubleState;
extern const StateFunction kMinIntegerState;
extern const StateFunction kMinTextState;
extern const StateFunction kPercentState;
extern const StateFunction kRatioState;
extern const StateFunction kSumDecimalState;
extern const StateFunction kSumState;

Result<BoundAggregate> BindAloc(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindAsr(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindAvg(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindCount(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindCounts(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindMax(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindMin(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindPercent(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindPercentile(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindRatio(BindTypes types, BindLiterals literals);
Result<BoundAggregate> BindSum(BindTypes types, BindLiterals literals);

}  // namespace tidemark
