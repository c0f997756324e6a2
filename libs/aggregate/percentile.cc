#include <algorithm>

#include "aggregate/bind.h"
#include "aggregate/fixed_point.h"
#include "aggregate/functions.h"
#include "aggregate/histogram.h"
#include "aggregate/state_access.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr unsigned kMaxShareDigits = 18;

void Update(const UpdateBatch& batch) {
  ForEachNumber<Histogram>(
      batch, *batch.arguments[0], kDefaultDigits,
      [arena = batch.arena](Histogram& state, Int128 value) { state.Record(value, *arena); },
      [](Histogram& state) { state.CountNullified(); });
}

void Merge(std::byte* into, const std::byte* from, StateArena& arena) {
  StateAt<Histogram>(into).Merge(StateAt<Histogram>(from), arena);
}
void Encode(const std::byte* state, ByteWriter& out) { StateAt<Histogram>(state).Encode(out); }
bool MergeEncoded(std::byte* into, ByteReader& in, StateArena& arena) {
  return StateAt<Histogram>(into).MergeEncoded(in, arena);
}
std::uint64_t Nullified(const std::byte* state) { return StateAt<Histogram>(state).nullified(); }

// p as unscaled / 10^scale. REQUIRES: bound before.
Decimal ShareOf(const Value& literal) {
  if (const auto* integer = std::get_if<Int128>(&literal.content)) return {*integer, 0};
  return std::get<Decimal>(literal.content).Normalized();
}

// ceil(p * count). Fits: p has at most 18 digits, the count 65 bits.
UInt128 NearestRank(Decimal p, UInt128 count) {
  const auto unit = static_cast<UInt128>(*ScaleUp(1, p.scale));
  return (static_cast<UInt128>(p.unscaled) * count + unit - 1) / unit;
}

// In 10^-6 of x's unit.
Int128 Scaled(UInt128 value) { return static_cast<Int128>(value * 1'000'000); }

// The middle of the bucket that holds the `rank`-th value above zero, within the values seen.
// REQUIRES: rank >= 1.
Int128 MiddleAt(const Histogram& state, const Histogram::Buckets& buckets, UInt128 rank) {
  std::size_t i = 0;
  for (UInt128 seen = buckets.items[0].count; seen < rank && i + 1 < buckets.size;
       seen += buckets.items[i].count)
    ++i;
  const Int128 middle = BucketMiddle(state.scale(), buckets.items[i].index);
  const Int128 least = state.zeros() != 0 ? 0 : Scaled(state.min());
  return std::clamp(middle, least, Scaled(state.max()));
}

Int128 ValueAt(const Histogram& state, const Histogram::Buckets& buckets, UInt128 rank) {
  if (rank == 0) return state.zeros() != 0 ? 0 : Scaled(state.min());
  if (rank <= state.zeros()) return 0;
  return MiddleAt(state, buckets, rank - state.zeros());
}

Value Finish(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<Histogram>(bytes);
  Histogram::Buckets buckets;
  state.Collect(buckets);
  UInt128 count = state.zeros();
  for (const Histogram::Bucket& bucket : buckets.view()) count += bucket.count;
  if (count == 0) return {};
  const UInt128 rank = NearestRank(ShareOf(context.literals[0]), count);
  const auto scale = static_cast<std::uint8_t>(kMiddleDigits + FixedDigits(context.argument));
  return {Decimal{ValueAt(state, buckets, rank), scale}};
}

bool IsNegative(const Value& literal) {
  if (const auto* integer = std::get_if<Int128>(&literal.content)) return *integer < 0;
  if (const auto* decimal = std::get_if<Decimal>(&literal.content)) return decimal->unscaled < 0;
  const auto* number = std::get_if<double>(&literal.content);
  return number != nullptr && *number < 0;
}

// 95 for 0.95: the usual slip.
std::string ShareHint(const Value& literal) {
  const auto* percent = std::get_if<Int128>(&literal.content);
  if (percent == nullptr || *percent < 2 || *percent > 100) return "";
  return StrCat("; write ", Decimal{*percent, 2}.ToString());
}

Status CheckShare(const Value& literal) {
  const std::string_view call = "percentile(x, p): p must be ";
  if (literal.is_null())
    return Status::Invalid(StrCat(call, "a constant between 0 and 1, as in percentile(x, 0.95)"));
  const bool is_number = std::holds_alternative<Int128>(literal.content) ||
                         std::holds_alternative<Decimal>(literal.content);
  if (!is_number) {
    return Status::Invalid(
        StrCat(call, "a decimal number between 0 and 1, got ", LiteralText(literal)));
  }
  const Decimal p = ShareOf(literal);
  if (p.scale > kMaxShareDigits) {
    return Status::Invalid(
        StrCat(call, "written with at most ", kMaxShareDigits, " fraction digits"));
  }
  if (p.unscaled < 0 || p.unscaled > *ScaleUp(1, p.scale)) {
    return Status::Invalid(
        StrCat(call, "between 0 and 1, got ", LiteralText(literal), ShareHint(literal)));
  }
  return {};
}

}  // namespace

const StateFunction kHistogramState = {.name = "histogram",
                                       .size = sizeof(Histogram),
                                       .update = Update,
                                       .merge = Merge,
                                       .encode = Encode,
                                       .merge_encoded = MergeEncoded,
                                       .nullified = Nullified};

Result<BoundAggregate> BindPercentile(BindTypes types, BindLiterals literals) {
  if (types.size() == 1) {
    return Status::Invalid(
        "percentile(x, p) takes 2 arguments, got 1; write percentile(x, 0.5) for the median");
  }
  TM_RETURN_IF_ERROR(CheckArgumentCount("percentile(x, p)", types, 2));
  TM_RETURN_IF_ERROR(CheckNumeric("percentile(x, p)", "x", types[0]));
  if (IsNegative(literals[0])) {
    return Status::Invalid(
        StrCat("percentile(x, p): x must not be negative, got ", LiteralText(literals[0])));
  }
  TM_RETURN_IF_ERROR(CheckShare(literals[1]));
  const auto scale = static_cast<std::uint8_t>(kMiddleDigits + FixedDigits(types[0]));
  return BoundAggregate{.state = {.function = &kHistogramState},
                        .finish = Finish,
                        .result = Type::DecimalOf(scale),
                        .column_arguments = 1};
}

}  // namespace tidemark
