#include "task/source_partition.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tidemark {
namespace {

bool BeforeInstance(const QueryCounters& query, InstanceId instance) {
  return query.instance < instance;
}

auto Place(SourceCounters& counters, InstanceId instance) {
  return std::lower_bound(counters.queries.begin(), counters.queries.end(), instance,
                          BeforeInstance);
}

}  // namespace

SourcePartition::SourcePartition(TopicPartition topic_partition, const Judge::Limits& limits,
                                 SourceProgress progress)
    : where(std::move(topic_partition)),
      committed(std::move(progress)),
      position(committed.position),
      judge(limits, {.largest = committed.largest, .watermark = committed.watermark}),
      counters(committed.counters),
      last_crc(committed.last_crc),
      last_offset(committed.last_offset) {}

bool SourcePartition::Moved() const {
  const bool newly_idle = idle && !committed.idle;
  return position != committed.position || judge.time().watermark != committed.watermark ||
         newly_idle;
}

Section SourcePartition::NextSection() const {
  const int flags = (idle ? kSectionIdle : 0) | (skipped ? kSectionSkip : 0);
  return {.source = committed.source,
          .from = committed.position,
          .to = position,
          .flags = static_cast<std::uint8_t>(flags),
          .watermark = judge.time().watermark,
          .counters = counters};
}

SourceProgress SourcePartition::NextProgress() const {
  const PartitionTime time = judge.time();
  return {.source = committed.source,
          .position = position,
          .watermark = time.watermark,
          .largest = time.largest,
          .idle = idle,
          .last_crc = last_crc,
          .last_offset = last_offset,
          .counters = counters};
}

void SourcePartition::Commit(const SourceProgress& progress) {
  committed = progress;
  skipped = false;
}

void CompleteCounters(const PipelinePlan& plan, SourceCounters& counters) {
  for (const QueryPlan& query : plan.queries) {
    const auto place = Place(counters, query.instance);
    const bool known = place != counters.queries.end() && place->instance == query.instance;
    if (!known) counters.queries.insert(place, QueryCounters{.instance = query.instance});
  }
}

QueryCounters& CountersOf(SourceCounters& counters, InstanceId instance) {
  const auto place = Place(counters, instance);
  TM_CHECK(place != counters.queries.end() && place->instance == instance,
           "every query of the plan is counted");
  return *place;
}

}  // namespace tidemark
