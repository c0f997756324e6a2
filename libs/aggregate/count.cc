#include "aggregate/functions.h"
#include "aggregate/state_access.h"

namespace tidemark {
namespace {

struct Count {
  std::uint64_t rows;

  void Merge(const Count& from) { rows += from.rows; }
  void Encode(ByteWriter& out) const { out.Leb128(rows); }
  static Count Decode(ByteReader& in) { return {in.Leb128()}; }
};

void Update(const UpdateBatch& batch) {
  if (batch.arguments.empty()) {
    const std::size_t offset = batch.offset;
    for (std::byte* cell : batch.cells) ++StateAt<Count>(cell + offset).rows;
    return;
  }
  ForEachValid<Count>(batch, *batch.arguments[0],
                      [](Count& state, std::uint32_t) { ++state.rows; });
}

Value Finish(const std::byte* state, const FinishContext&) {
  return {static_cast<Int128>(StateAt<Count>(state).rows)};
}

}  // namespace

const StateFunction kCountState = {.name = "count",
                                   .size = sizeof(Count),
                                   .update = Update,
                                   .merge = PlainState<Count>::Merge,
                                   .encode = PlainState<Count>::Encode,
                                   .merge_encoded = PlainState<Count>::MergeEncoded};

Result<BoundAggregate> BindCount(BindTypes types, BindLiterals) {
  if (types.size() > 1)
    return Status::Invalid("count takes * or one argument; count several columns one by one");
  return BoundAggregate{.state = {.function = &kCountState},
                        .finish = Finish,
                        .result = Type::Of(TypeKind::kInteger),
                        .column_arguments = types.size()};
}

}  // namespace tidemark
