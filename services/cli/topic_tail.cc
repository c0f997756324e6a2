#include "cli/topic_tail.h"

#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kNoWait{0};

}  // namespace

std::string HeaderText(const RecordView& record, std::string_view name) {
  for (const HeaderView& header : record.headers) {
    if (header.name == name) return std::string(header.value.value_or(""));
  }
  return "";
}

Status TopicTail::Follow(const std::string& topic) {
  const auto described = admin_->DescribeTopic(topic, kNoWait);
  if (!described.ok()) return Status::NotFound(StrCat("topic ", topic, ": ", described.message));
  for (std::int32_t i = 0; i < described.value->partitions; ++i) {
    partitions_.push_back({topic, Partition(i)});
    const LogStatus assigned = consumer_->Assign(partitions_.back(), Offset(0));
    if (!assigned.ok()) return Status::Internal(StrCat("topic ", topic, ": ", assigned.message));
  }
  return {};
}

Result<std::size_t> TopicTail::Drain(std::size_t records, const Take& take) {
  std::size_t taken = 0;
  std::size_t empty = 0;
  while (taken < records && empty < partitions_.size()) {
    const TopicPartition& partition = partitions_[next_++ % partitions_.size()];
    auto batch = consumer_->Fetch(partition, {}, kNoWait);
    if (!batch.ok())
      return Status::Internal(StrCat("topic ", partition.topic, ": ", batch.message));
    if (!*batch.value) {
      ++empty;
      continue;
    }
    empty = 0;
    for (const RecordView& record : (*batch.value)->records()) take(partition, record);
    taken += (*batch.value)->records().size();
  }
  return taken;
}

}  // namespace tidemark
