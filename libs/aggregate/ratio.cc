#include "aggregate/bind.h"
#include "aggregate/counted_sum.h"
#include "aggregate/fixed_point.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"

namespace tidemark {
namespace {

struct Ratio {
  CountedSum above;
  CountedSum below;

  void Merge(const Ratio& from) {
    above.Merge(from.above);
    below.Merge(from.below);
  }
  void Encode(ByteWriter& out) const {
    above.Encode(out);
    below.Encode(out);
  }
  static Ratio Decode(ByteReader& in) {
    Ratio ratio;
    ratio.above = CountedSum::Decode(in);
    ratio.below = CountedSum::Decode(in);
    return ratio;
  }
};

template <CountedSum Ratio::*kSide>
void UpdateSide(const UpdateBatch& batch, const Column& column, std::int64_t digits) {
  ForEachNumber<Ratio>(
      batch, column, digits,
      [](Ratio& state, Int128 value) {
        (state.*kSide).sum.Add(value);
        ++(state.*kSide).rows;
      },
      [](Ratio& state) { ++(state.*kSide).nullified; });
}

void Update(const UpdateBatch& batch) {
  UpdateSide<&Ratio::above>(batch, *batch.arguments[0], batch.parameters.first);
  UpdateSide<&Ratio::below>(batch, *batch.arguments[1], batch.parameters.second);
}

std::uint64_t Nullified(const std::byte* state) {
  return StateAt<Ratio>(state).above.nullified + StateAt<Ratio>(state).below.nullified;
}

Value Finish(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<Ratio>(bytes);
  const std::optional<Int128> above = state.above.sum.Narrow();
  const std::optional<Int128> below = state.below.sum.Narrow();
  if (state.above.rows == 0 || state.below.rows == 0 || !above || !below) return {};
  const std::optional<Decimal> ratio =
      Divide({*above, static_cast<std::uint8_t>(context.parameters.first)},
             {*below, static_cast<std::uint8_t>(context.parameters.second)});
  return ratio ? Value{*ratio} : Value{};
}

}  // namespace

const StateFunction kRatioState = {.name = "ratio",
                                   .size = sizeof(Ratio),
                                   .update = Update,
                                   .merge = PlainState<Ratio>::Merge,
                                   .encode = PlainState<Ratio>::Encode,
                                   .merge_encoded = PlainState<Ratio>::MergeEncoded,
                                   .nullified = Nullified};

Result<BoundAggregate> BindRatio(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("ratio(a, b)", types, 2));
  TM_RETURN_IF_ERROR(CheckNumeric("ratio(a, b)", "a", types[0]));
  TM_RETURN_IF_ERROR(CheckNumeric("ratio(a, b)", "b", types[1]));
  return BoundAggregate{
      .state = {.function = &kRatioState,
                .parameters = {.first = static_cast<std::int64_t>(FixedDigits(types[0])),
                               .second = static_cast<std::int64_t>(FixedDigits(types[1]))}},
      .finish = Finish,
      .result = Type::DecimalOf(kQuotientDigits),
      .column_arguments = 2};
}

}  // namespace tidemark
