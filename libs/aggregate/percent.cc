// percent and asr: a share of rows, times 100.
#include "aggregate/bind.h"
#include "aggregate/fixed_point.h"
#include "aggregate/functions.h"
#include "aggregate/state_access.h"
#include "base/text.h"

namespace tidemark {
namespace {

struct Share {
  std::uint64_t matching;
  std::uint64_t known;  // rows that are not NULL

  void Merge(const Share& from) {
    matching += from.matching;
    known += from.known;
  }
  void Encode(ByteWriter& out) const {
    out.Leb128(matching);
    out.Leb128(known);
  }
  static Share Decode(ByteReader& in) {
    Share share{};
    share.matching = in.Leb128();
    share.known = in.Leb128();
    return share;
  }
};

void CountEqual(const UpdateBatch& batch, std::int64_t wanted) {
  const std::int64_t* values = batch.arguments[0]->integers.data();
  ForEachValid<Share>(batch, *batch.arguments[0], [=](Share& state, std::uint32_t row) {
    state.matching += values[row] == wanted ? 1 : 0;
    ++state.known;
  });
}

void UpdatePercent(const UpdateBatch& batch) { CountEqual(batch, 1); }
void UpdateAsr(const UpdateBatch& batch) { CountEqual(batch, batch.parameters.first); }

Value Finish(const std::byte* bytes, const FinishContext&) {
  const auto& share = StateAt<Share>(bytes);
  const std::optional<Decimal> percent =
      Divide({100 * static_cast<Int128>(share.matching), 0}, {static_cast<Int128>(share.known), 0});
  return percent ? Value{*percent} : Value{};
}

BoundAggregate Bound(const StateFunction& function, std::int64_t wanted) {
  return {.state = {.function = &function, .parameters = {.first = wanted}},
          .finish = Finish,
          .result = Type::DecimalOf(kQuotientDigits),
          .column_arguments = 1};
}

}  // namespace

const StateFunction kPercentState = {.name = "percent",
                                     .size = sizeof(Share),
                                     .update = UpdatePercent,
                                     .merge = PlainState<Share>::Merge,
                                     .encode = PlainState<Share>::Encode,
                                     .merge_encoded = PlainState<Share>::MergeEncoded};

const StateFunction kAsrState = {.name = "asr",
                                 .size = sizeof(Share),
                                 .update = UpdateAsr,
                                 .merge = PlainState<Share>::Merge,
                                 .encode = PlainState<Share>::Encode,
                                 .merge_encoded = PlainState<Share>::MergeEncoded};

Result<BoundAggregate> BindPercent(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("percent(condition)", types, 1));
  if (types[0].kind != TypeKind::kBool) {
    return Status::Invalid(StrCat("percent(condition): the condition must be true or false, got ",
                                  types[0].ToString(),
                                  "; write a comparison, as in percent(state = 'BUSY')"));
  }
  return Bound(kPercentState, 0);
}

Result<BoundAggregate> BindAsr(BindTypes types, BindLiterals) {
  TM_RETURN_IF_ERROR(CheckArgumentCount("asr(state)", types, 1));
  if (types[0].kind != TypeKind::kEnum || !types[0].enumeration) {
    return Status::Invalid(StrCat("asr(state): state must be an enum with a value COMPLETED, got ",
                                  types[0].ToString(),
                                  "; for anything else write percent(condition)"));
  }
  const EnumDomain::Entry* completed = types[0].enumeration->Find("COMPLETED");
  if (completed == nullptr) {
    return Status::Invalid(
        StrCat("asr(state): ", types[0].ToString(),
               " has no value COMPLETED; pass the field that holds the call's final state"));
  }
  return Bound(kAsrState, completed->number);
}

}  // namespace tidemark
