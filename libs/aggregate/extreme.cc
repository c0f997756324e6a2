// min and max: one state function for each storage of values.
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "aggregate/bind.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"
#include "aggregate/text_block.h"
#include "base/text.h"

namespace tidemark {
namespace {

enum class Extreme { kMin, kMax };

template <Extreme kExtreme, class T>
bool IsBetter(const T& candidate, const T& current) {
  return kExtreme == Extreme::kMin ? candidate < current : current < candidate;
}

void EncodeScalar(std::int64_t value, ByteWriter& out) { out.ZigZagLeb128Wide(value); }
void EncodeScalar(Int128 value, ByteWriter& out) { out.ZigZagLeb128Wide(value); }
void EncodeScalar(double value, ByteWriter& out) {
  out.Fixed64(std::bit_cast<std::uint64_t>(value));
}

void DecodeScalar(ByteReader& in, std::int64_t& value) {
  const Int128 wide = in.ZigZagLeb128Wide();
  value = static_cast<std::int64_t>(wide);
  if (value != wide) in.Fail();
}
void DecodeScalar(ByteReader& in, Int128& value) { value = in.ZigZagLeb128Wide(); }
void DecodeScalar(ByteReader& in, double& value) {
  value = std::bit_cast<double>(in.Fixed64());
  if (!std::isfinite(value)) in.Fail();
  if (value == 0) value = 0;
}

template <Extreme kExtreme, class T>
struct Scalar {
  std::uint64_t known;  // 0 or 1
  std::uint64_t nullified;
  std::array<std::uint64_t, sizeof(T) / 8> words;  // of a T; states are aligned to 8

  T value() const { return std::bit_cast<T>(words); }
  void Offer(T candidate) {
    if (known != 0 && !IsBetter<kExtreme>(candidate, value())) return;
    known = 1;
    words = std::bit_cast<decltype(words)>(candidate);
  }
  void Merge(const Scalar& from) {
    nullified += from.nullified;
    if (from.known != 0) Offer(from.value());
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(nullified);
    out.U8(static_cast<std::uint8_t>(known));
    if (known != 0) EncodeScalar(value(), out);
  }
  static Scalar Decode(ByteReader& in) {
    Scalar state{};
    state.nullified = in.Leb128();
    const std::uint8_t known = in.U8();
    if (known > 1) in.Fail();
    if (known == 0) return state;
    T value{};
    DecodeScalar(in, value);
    state.Offer(value);
    return state;
  }
};

template <class State, auto kStorage>
void UpdateScalar(const UpdateBatch& batch) {
  const Column& column = *batch.arguments[0];
  const auto* const values = (column.*kStorage).data();
  ForEachValid<State>(batch, column,
                      [values](State& state, std::uint32_t row) { state.Offer(values[row]); });
}

template <class State>
void UpdateDouble(const UpdateBatch& batch) {
  const Column& column = *batch.arguments[0];
  const double* const values = column.doubles.data();
  ForEachValid<State>(batch, column, [values](State& state, std::uint32_t row) {
    const double value = values[row];
    if (!std::isfinite(value)) {
      ++state.nullified;
    } else {
      state.Offer(value == 0 ? 0.0 : value);
    }
  });
}

template <class State>
std::uint64_t Nullified(const std::byte* state) {
  return StateAt<State>(state).nullified;
}

Value ToValue(std::int64_t value, const Type& type) {
  if (type.kind == TypeKind::kTimestamp) return {Value::Time{value}};
  return {static_cast<Int128>(value)};
}
Value ToValue(Int128 value, const Type& type) { return {Decimal{value, type.scale}}; }
Value ToValue(double value, const Type&) { return {value}; }

template <class State>
Value FinishScalar(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<State>(bytes);
  return state.known == 0 ? Value{} : ToValue(state.value(), context.argument);
}

template <Extreme kExtreme>
struct Text {
  std::uint64_t known;
  TextBlock block;

  void Offer(std::string_view candidate, StateArena& arena) {
    if (known != 0 && !IsBetter<kExtreme>(candidate, block.view())) return;
    known = 1;
    block.Assign(candidate, arena);
  }
};

template <class State>
void UpdateText(const UpdateBatch& batch) {
  const Column& column = *batch.arguments[0];
  ForEachValid<State>(batch, column, [&](State& state, std::uint32_t row) {
    state.Offer(column.strings[row], *batch.arena);
  });
}
template <class State>
void MergeText(std::byte* into, const std::byte* from, StateArena& arena) {
  const auto& source = StateAt<State>(from);
  if (source.known != 0) StateAt<State>(into).Offer(source.block.view(), arena);
}
template <class State>
void EncodeText(const std::byte* bytes, ByteWriter& out) {
  const auto& state = StateAt<State>(bytes);
  out.U8(static_cast<std::uint8_t>(state.known));
  if (state.known != 0) out.LengthPrefixed(state.block.view());
}
template <class State>
bool MergeEncodedText(std::byte* into, ByteReader& in, StateArena& arena) {
  const std::uint8_t known = in.U8();
  if (!in.ok() || known > 1) return false;
  if (known == 0) return true;
  const std::string_view text = in.LengthPrefixed();
  if (in.ok()) StateAt<State>(into).Offer(text, arena);
  return in.ok();
}
template <class State>
Value FinishText(const std::byte* bytes, const FinishContext& context) {
  const auto& state = StateAt<State>(bytes);
  if (state.known == 0) return {};
  std::string text(state.block.view());
  if (context.argument.kind == TypeKind::kBytes) return {Value::Bytes{std::move(text)}};
  return {std::move(text)};
}

template <class State>
constexpr StateFunction ScalarFunction(std::string_view name, void (*update)(const UpdateBatch&)) {
  return {.name = name,
          .size = sizeof(State),
          .update = update,
          .merge = PlainState<State>::Merge,
          .encode = PlainState<State>::Encode,
          .merge_encoded = PlainState<State>::MergeEncoded,
          .nullified = Nullified<State>};
}
template <class State>
constexpr StateFunction TextFunction(std::string_view name) {
  return {.name = name,
          .size = sizeof(State),
          .update = UpdateText<State>,
          .merge = MergeText<State>,
          .encode = EncodeText<State>,
          .merge_encoded = MergeEncodedText<State>};
}

template <Extreme kExtreme>
using IntegerState = Scalar<kExtreme, std::int64_t>;
template <Extreme kExtreme>
using DecimalState = Scalar<kExtreme, Int128>;
template <Extreme kExtreme>
using DoubleState = Scalar<kExtreme, double>;

BoundAggregate Bound(const StateFunction& function, FinishFunction finish, const Type& type) {
  return {
      .state = {.function = &function}, .finish = finish, .result = type, .column_arguments = 1};
}

struct Functions {
  const StateFunction& integer;
  const StateFunction& decimal;
  const StateFunction& number;
  const StateFunction& text;
};

template <Extreme kExtreme>
Result<BoundAggregate> Bind(std::string_view call, BindTypes types, const Functions& functions) {
  TM_RETURN_IF_ERROR(CheckArgumentCount(call, types, 1));
  switch (types[0].kind) {
    case TypeKind::kInteger:
    case TypeKind::kTimestamp:
      return Bound(functions.integer, FinishScalar<IntegerState<kExtreme>>, types[0]);
    case TypeKind::kDecimal:
      return Bound(functions.decimal, FinishScalar<DecimalState<kExtreme>>, types[0]);
    case TypeKind::kDouble:
      return Bound(functions.number, FinishScalar<DoubleState<kExtreme>>, types[0]);
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Bound(functions.text, FinishText<Text<kExtreme>>, types[0]);
    default:
      return Status::Invalid(StrCat(call, ": x must be a number, text, bytes or a timestamp, got ",
                                    types[0].ToString(), "; write counts(x) to see its values"));
  }
}

}  // namespace

const StateFunction kMinIntegerState = ScalarFunction<IntegerState<Extreme::kMin>>(
    "min", UpdateScalar<IntegerState<Extreme::kMin>, &Column::integers>);
const StateFunction kMinDecimalState = ScalarFunction<DecimalState<Extreme::kMin>>(
    "min_decimal", UpdateScalar<DecimalState<Extreme::kMin>, &Column::decimals>);
const StateFunction kMinDoubleState = ScalarFunction<DoubleState<Extreme::kMin>>(
    "min_double", UpdateDouble<DoubleState<Extreme::kMin>>);
const StateFunction kMinTextState = TextFunction<Text<Extreme::kMin>>("min_text");
const StateFunction kMaxIntegerState = ScalarFunction<IntegerState<Extreme::kMax>>(
    "max", UpdateScalar<IntegerState<Extreme::kMax>, &Column::integers>);
const StateFunction kMaxDecimalState = ScalarFunction<DecimalState<Extreme::kMax>>(
    "max_decimal", UpdateScalar<DecimalState<Extreme::kMax>, &Column::decimals>);
const StateFunction kMaxDoubleState = ScalarFunction<DoubleState<Extreme::kMax>>(
    "max_double", UpdateDouble<DoubleState<Extreme::kMax>>);
const StateFunction kMaxTextState = TextFunction<Text<Extreme::kMax>>("max_text");

Result<BoundAggregate> BindMin(BindTypes types, BindLiterals) {
  return Bind<Extreme::kMin>("min(x)", types,
                             {kMinIntegerState, kMinDecimalState, kMinDoubleState, kMinTextState});
}
Result<BoundAggregate> BindMax(BindTypes types, BindLiterals) {
  return Bind<Extreme::kMax>("max(x)", types,
                             {kMaxIntegerState, kMaxDecimalState, kMaxDoubleState, kMaxTextState});
}

}  // namespace tidemark
