#include "aggregate/bind.h"
#include "aggregate/fixed_point.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"
#include "aggregate/wide_sum.h"

namespace tidemark {
namespace {

struct Durations {
  WideSum sum;
  std::uint64_t connected = 0;  // rows above zero
  std::uint64_t nullified = 0;

  void Merge(const Durations& from) {
    sum.Add(from.sum);
    connected += from.connected;
    nullified += from.nullified;
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(connected);
    out.Leb128(nullified);
    sum.Encode(out);
  }
  static Durations Decode(ByteReader& in) {
    Durations state;
    state.connected = in.Leb128();
    state.nullified = in.Leb128();
    state.sum = WideSum::Decode(in);
    return state;
  }
};

void Update(const UpdateBatch& batch) {
  ForEachNumber<Durations>(
      batch, *batch.arguments[0], batch.parameters.first,
      [](Durations& state, Int128 ms) {
        state.sum.Add(ms);
        state.connected += ms > 0 ? 1 : 0;
      },
      [](Durations& state) { ++state.nullified; });
}

std::uint64_t Nullified(const std::byte* state) { return StateAt<Durations>(state).nullified; }

Value Finish(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<Durations>(bytes);
  const std::optional<Int128> sum = state.sum.Narrow();
  if (!sum) return {};
  const auto scale = static_cast<std::uint8_t>(context.parameters.first);
  const std::optional<Decimal> seconds =
      Divide({*sum, scale}, {static_cast<Int128>(state.connected) * 1'000, 0});
  return seconds ? Value{*seconds} : Value{};
}

}  // namespace

const StateFunction kAlocState = {.name = "aloc",
                                  .size = sizeof(Durations),
                                  .update = Update,
                                  .merge = PlainState<Durations>::Merge,
                                  .encode = PlainState<Durations>::Encode,
                                  .merge_encoded = PlainState<Durations>::MergeEncoded,
                                  .nullified = Nullified};

Result<BoundAggregate> BindAloc(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("aloc(ms)", types, 1));
  TM_RETURN_IF_ERROR(CheckNumeric("aloc(ms)", "ms", types[0]));
  return BoundAggregate{
      .state = {.function = &kAlocState,
                .parameters = {.first = static_cast<std::int64_t>(FixedDigits(types[0]))}},
      .finish = Finish,
      .result = Type::DecimalOf(kQuotientDigits),
      .column_arguments = 1};
}

}  // namespace tidemark
