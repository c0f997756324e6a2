// sum and avg. Integers need no more than 128 bits (2^64 rows of 64 bits), the rest goes into 192
// bits.
#include "aggregate/bind.h"
#include "aggregate/counted_sum.h"
#include "aggregate/fixed_point.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"
#include "base/text.h"

namespace tidemark {
namespace {

struct IntegerSum {
  std::uint64_t low;
  std::uint64_t high;
  std::uint64_t rows;

  Int128 sum() const { return static_cast<Int128>(static_cast<UInt128>(high) << 64 | low); }
  void Add(UInt128 value) {
    const UInt128 total = (static_cast<UInt128>(high) << 64 | low) + value;
    low = static_cast<std::uint64_t>(total);
    high = static_cast<std::uint64_t>(total >> 64);
  }
  void Merge(const IntegerSum& from) {
    Add(static_cast<UInt128>(from.sum()));
    rows += from.rows;
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(rows);
    out.ZigZagLeb128Wide(sum());
  }
  static IntegerSum Decode(ByteReader& in) {
    IntegerSum state{.low = 0, .high = 0, .rows = in.Leb128()};
    state.Add(static_cast<UInt128>(in.ZigZagLeb128Wide()));
    return state;
  }
};

void UpdateIntegers(const UpdateBatch& batch) {
  const std::int64_t* values = batch.arguments[0]->integers.data();
  ForEachValid<IntegerSum>(batch, *batch.arguments[0],
                           [values](IntegerSum& state, std::uint32_t row) {
                             state.Add(static_cast<UInt128>(static_cast<Int128>(values[row])));
                             ++state.rows;
                           });
}

void UpdateDecimals(const UpdateBatch& batch) {
  ForEachNumber<CountedSum>(
      batch, *batch.arguments[0], batch.parameters.first,
      [](CountedSum& state, Int128 value) {
        state.sum.Add(value);
        ++state.rows;
      },
      [](CountedSum& state) { ++state.nullified; });
}

std::uint64_t NullifiedDecimals(const std::byte* state) {
  return StateAt<CountedSum>(state).nullified;
}

Value FinishIntegerSum(const std::byte* bytes, const FinishContext&) {
  const auto& state = StateAt<IntegerSum>(bytes);
  if (state.rows == 0) return {};
  return {state.sum()};
}

Value FinishDecimalSum(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<CountedSum>(bytes);
  const std::optional<Int128> sum = state.sum.Narrow();
  if (state.rows == 0 || !sum) return {};
  return {Decimal{*sum, static_cast<std::uint8_t>(context.parameters.first)}};
}

Value Quotient(std::optional<Int128> sum, std::uint8_t scale, std::uint64_t rows) {
  if (!sum) return {};
  const std::optional<Decimal> quotient = Divide({*sum, scale}, {static_cast<Int128>(rows), 0});
  return quotient ? Value{*quotient} : Value{};
}

Value FinishIntegerAvg(const std::byte* bytes, const FinishContext&) {
  const auto& state = StateAt<IntegerSum>(bytes);
  return Quotient(state.sum(), 0, state.rows);
}

Value FinishDecimalAvg(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<CountedSum>(bytes);
  return Quotient(state.sum.Narrow(), static_cast<std::uint8_t>(context.parameters.first),
                  state.rows);
}

// The literal `digits` of sum(x, digits).
Result<unsigned> ReadDigits(const Type& type, const Value& literal) {
  if (type.kind != TypeKind::kDouble) {
    return Status::Invalid(StrCat("sum(x, digits): digits are for double inputs, x is ",
                                  type.ToString(), "; write sum(x)"));
  }
  const auto* digits = std::get_if<Int128>(&literal.content);
  if (digits == nullptr || *digits < 0 || *digits > kMaxDigits) {
    return Status::Invalid(StrCat("sum(x, digits): digits must be a constant from 0 to ",
                                  kMaxDigits, ", got ",
                                  literal.is_null() ? "an expression" : LiteralText(literal)));
  }
  return static_cast<unsigned>(*digits);
}

struct SumFinish {
  FinishFunction of_integers;
  FinishFunction of_decimals;
};

BoundAggregate Bound(const Type& type, unsigned digits, SumFinish finish) {
  if (type.kind == TypeKind::kInteger) {
    return {.state = {.function = &kSumState}, .finish = finish.of_integers, .column_arguments = 1};
  }
  return {.state = {.function = &kSumDecimalState,
                    .parameters = {.first = static_cast<std::int64_t>(digits)}},
          .finish = finish.of_decimals,
          .column_arguments = 1};
}

}  // namespace

const StateFunction kSumState = {.name = "sum",
                                 .size = sizeof(IntegerSum),
                                 .update = UpdateIntegers,
                                 .merge = PlainState<IntegerSum>::Merge,
                                 .encode = PlainState<IntegerSum>::Encode,
                                 .merge_encoded = PlainState<IntegerSum>::MergeEncoded};

const StateFunction kSumDecimalState = {.name = "sum_decimal",
                                        .size = sizeof(CountedSum),
                                        .update = UpdateDecimals,
                                        .merge = PlainState<CountedSum>::Merge,
                                        .encode = PlainState<CountedSum>::Encode,
                                        .merge_encoded = PlainState<CountedSum>::MergeEncoded,
                                        .nullified = NullifiedDecimals};

Result<BoundAggregate> BindSum(BindTypes types, BindLiterals literals) {
  if (types.size() != 2) TM_RETURN_IF_ERROR(CheckArgumentCount("sum(x)", types, 1));
  TM_RETURN_IF_ERROR(CheckNumeric("sum(x)", "x", types[0]));
  unsigned digits = FixedDigits(types[0]);
  if (types.size() == 2) {
    TM_ASSIGN_OR_RETURN(digits, ReadDigits(types[0], literals[1]));
  }
  BoundAggregate bound = Bound(types[0], digits, {FinishIntegerSum, FinishDecimalSum});
  bound.result = types[0].kind == TypeKind::kInteger
                     ? types[0]
                     : Type::DecimalOf(static_cast<std::uint8_t>(digits));
  return bound;
}

Result<BoundAggregate> BindAvg(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("avg(x)", types, 1));
  TM_RETURN_IF_ERROR(CheckNumeric("avg(x)", "x", types[0]));
  BoundAggregate bound =
      Bound(types[0], FixedDigits(types[0]), {FinishIntegerAvg, FinishDecimalAvg});
  bound.result = Type::DecimalOf(kQuotientDigits);
  return bound;
}

}  // namespace tidemark
