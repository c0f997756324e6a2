#include <algorithm>
#include <utility>

#include "log_memory/partition_log.h"

namespace tidemark {
namespace {

// A stretch of one chunk all of which the reader may see.
class SpanBatch final : public FetchedBatch {
 public:
  SpanBatch(std::shared_ptr<const Chunk> chunk, std::span<const RecordView> records, Offset next)
      : chunk_(std::move(chunk)), records_(records), next_(next) {}
  std::span<const RecordView> records() const override { return records_; }
  Offset next() const override { return next_; }

 private:
  std::shared_ptr<const Chunk> chunk_;
  std::span<const RecordView> records_;
  Offset next_;
};

// The visible records of a stretch that also holds aborted ones.
class SievedBatch final : public FetchedBatch {
 public:
  SievedBatch(std::shared_ptr<const Chunk> chunk, std::vector<RecordView> records, Offset next)
      : chunk_(std::move(chunk)), records_(std::move(records)), next_(next) {}
  std::span<const RecordView> records() const override { return records_; }
  Offset next() const override { return next_; }

 private:
  std::shared_ptr<const Chunk> chunk_;
  std::vector<RecordView> records_;
  Offset next_;
};

struct Sieved {
  std::vector<RecordView> records;
  std::size_t end = 0;  // the stretch's end in the chunk
};

Sieved WithoutAborted(const Chunk& chunk, std::size_t first, std::size_t end, std::size_t most) {
  Sieved sieved{.end = first};
  for (; sieved.end < end && sieved.records.size() < most; ++sieved.end) {
    if (!chunk.facts()[sieved.end].aborted) sieved.records.push_back(chunk.views()[sieved.end]);
  }
  return sieved;
}

}  // namespace

PartitionLog::Place PartitionLog::SkipHidden(Place place, Isolation isolation) const {
  for (; place.chunk < chunks_.size(); place = {place.chunk + 1, 0}) {
    const Chunk& chunk = *chunks_[place.chunk];
    const std::size_t size = chunk.views().size();
    if (isolation == Isolation::kReadCommitted && chunk.aborted() > 0) {
      while (place.index < size && chunk.facts()[place.index].aborted) ++place.index;
    }
    if (place.index < size) break;
  }
  return place;
}

Offset PartitionLog::OffsetAt(Place place, Offset limit) const {
  if (place.chunk >= chunks_.size()) return limit;
  return std::min(limit, chunks_[place.chunk]->views()[place.index].offset);
}

std::unique_ptr<FetchedBatch> PartitionLog::Take(Place place, Isolation isolation, Offset limit,
                                                 FetchLimits limits) const {
  const auto& chunk = chunks_[place.chunk];
  const bool sieve = isolation == Isolation::kReadCommitted && chunk->aborted() > 0;
  const std::size_t most = std::max<std::size_t>(limits.records, 1);
  const std::size_t visible = chunk->IndexOf(limit);
  std::size_t end = sieve ? visible : std::min(visible, place.index + most);
  end = chunk->EndWithin(place.index, end, limits.bytes);
  Sieved sieved;
  if (sieve) {
    sieved = WithoutAborted(*chunk, place.index, end, most);
    end = sieved.end;
  }
  const Offset next = OffsetAt(SkipHidden({place.chunk, end}, isolation), limit);
  if (sieve) return std::make_unique<SievedBatch>(chunk, std::move(sieved.records), next);
  const auto records = chunk->views().subspan(place.index, end - place.index);
  return std::make_unique<SpanBatch>(chunk, records, next);
}

LogResult<std::unique_ptr<FetchedBatch>> PartitionLog::Fetch(Offset from, Isolation isolation,
                                                             FetchLimits limits) const {
  const PartitionEnds bounds = ends();
  if (from < bounds.log_start || from > bounds.high_watermark) {
    return {LogError::kOutOfRange,
            "offset " + std::to_string(from.value()) + " lies outside of [" +
                std::to_string(bounds.log_start.value()) + ", " +
                std::to_string(bounds.high_watermark.value()) + "]",
            std::nullopt};
  }
  const Offset limit =
      isolation == Isolation::kReadCommitted ? bounds.last_stable : bounds.high_watermark;
  if (from >= limit) return {.value = nullptr};
  const Place place = SkipHidden(PlaceOf(from), isolation);
  if (OffsetAt(place, limit) < limit) return {.value = Take(place, isolation, limit, limits)};
  return {.value = std::make_unique<SpanBatch>(nullptr, std::span<const RecordView>(), limit)};
}

}  // namespace tidemark
