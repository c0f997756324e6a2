#include "task/side_collector.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <tuple>
#include <utility>

namespace tidemark {
namespace {

// Once per task; a broker that is slower than this leaves the default limit.
constexpr int kDescribeAttempts = 20;

// The run of parts at the front of `parts` that are of one record.
template <class Part>
std::span<const Part> FirstRecord(std::span<const Part> parts) {
  const auto end = std::find_if(parts.begin(), parts.end(), [&](const Part& part) {
    return part.record != parts.front().record;
  });
  return parts.first(static_cast<std::size_t>(end - parts.begin()));
}

// Calls apply(parts of one record) for each record, in order.
template <class Part, class Apply>
void ForEachRecord(std::vector<Part>& parts, Apply apply) {
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.record, a.element) < std::tie(b.record, b.element);
  });
  for (std::span<const Part> rest = parts; !rest.empty();) {
    const std::span<const Part> of_one = FirstRecord(rest);
    apply(of_one);
    rest = rest.subspan(of_one.size());
  }
}

std::size_t TopicLimit(Admin& admin, const std::string& topic, Duration timeout) {
  LogResult<TopicDescription> described = admin.DescribeTopic(topic, timeout);
  for (int i = 0; i < kDescribeAttempts && described.error == LogError::kPending; ++i) {
    described = admin.DescribeTopic(topic, timeout);
  }
  if (!described.ok()) return SideRecordWriter::kDefaultLimit;
  const auto config = described.value->configs.find("max.message.bytes");
  if (config == described.value->configs.end()) return SideRecordWriter::kDefaultLimit;
  std::size_t limit = SideRecordWriter::kDefaultLimit;
  std::from_chars(config->second.data(), config->second.data() + config->second.size(), limit);
  return limit;
}

}  // namespace

void SideCollector::Collect(const JudgedBatch& batch, Findings& findings,
                            SourcePartition& partition) {
  const auto origin = [&](std::uint32_t record) {
    return SideOrigin{.where = &partition.where, .record = &batch.records[record]};
  };
  ForEachRecord(findings.late, [&](std::span<const LatePart> parts) {
    Add(writer_.Late(origin(parts.front().record), parts));
  });
  ForEachRecord(findings.dead, [&](std::span<const DeadPart> parts) {
    const std::uint32_t record = parts.front().record;
    if (!std::binary_search(findings.wholly_dead.begin(), findings.wholly_dead.end(), record))
      ++partition.counters.partly_dead;
    Add(writer_.DeadLetter(origin(record), parts));
  });
}

void SideCollector::Add(SideRecord record) {
  bytes_ += record.bytes();
  records_.push_back(std::move(record));
}

std::vector<SideRecord> SideCollector::Take() {
  bytes_ = 0;
  return std::exchange(records_, {});
}

SideRecordWriter::TopicLimits ReadTopicLimits(Admin& admin, const PipelineNames& names,
                                              Duration timeout) {
  return {.late = TopicLimit(admin, names.LateTopic(), timeout),
          .dead_letter = TopicLimit(admin, names.DeadLetterTopic(), timeout)};
}

}  // namespace tidemark
