#include "cli/topic_tail.h"

#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kNoWait{0};
constexpr Duration kStep{50};

}  // namespace

Status TopicTail::Follow(const std::string& topic) {
  const auto described = admin_->DescribeTopic(topic, kPatience);
  if (!described.ok()) return Status::NotFound(StrCat("topic ", topic, ": ", described.message));
  for (std::int32_t i = 0; i < described.value->partitions; ++i) {
    partitions_.push_back({topic, Partition(i)});
    positions_.emplace_back(0);
    const LogStatus assigned = consumer_->Assign(partitions_.back(), Offset(0));
    if (!assigned.ok()) return Status::Internal(StrCat("topic ", topic, ": ", assigned.message));
  }
  return {};
}

Result<bool> TopicTail::TakeBatch(std::size_t partition, Duration timeout, const Take& take,
                                  std::size_t& taken) {
  const TopicPartition& from = partitions_[partition];
  auto batch = consumer_->Fetch(from, {}, timeout);
  if (batch.error == LogError::kRetriable) return false;
  if (!batch.ok())
    return Status::Unavailable(StrCat("partition ", from.ToString(), ": ", batch.message));
  if (!*batch.value) return false;
  for (const RecordView& record : (*batch.value)->records()) take(from, record);
  taken += (*batch.value)->records().size();
  positions_[partition] = (*batch.value)->next();
  return true;
}

Result<std::size_t> TopicTail::Drain(std::size_t records, const Take& take) {
  std::size_t taken = 0;
  std::size_t empty = 0;
  while (taken < records && empty < partitions_.size()) {
    TM_ASSIGN_OR_RETURN(const bool some,
                        TakeBatch(next_++ % partitions_.size(), kNoWait, take, taken));
    empty = some ? 0 : empty + 1;
  }
  return taken;
}

Status TopicTail::DrainToEnds(const Take& take) {
  for (std::size_t i = 0; i < partitions_.size(); ++i) TM_RETURN_IF_ERROR(DrainToEnd(i, take));
  return {};
}

Status TopicTail::DrainToEnd(std::size_t partition, const Take& take) {
  const TopicPartition& from = partitions_[partition];
  const auto ends = admin_->Ends(from, kPatience);
  if (!ends.ok())
    return Status::Unavailable(StrCat("partition ", from.ToString(), ": ", ends.message));
  const SteadyClock clock;
  MonotonicTime last = clock.Now();
  std::size_t taken = 0;
  while (positions_[partition] < ends.value->high_watermark) {
    TM_ASSIGN_OR_RETURN(const bool some, TakeBatch(partition, kStep, take, taken));
    if (some) last = clock.Now();
    if (clock.Now() - last > kPatience) {
      return Status::Unavailable(StrCat("nothing comes from partition ", from.ToString(),
                                        " beyond offset ", positions_[partition], " of ",
                                        ends.value->high_watermark,
                                        ": no broker answers, or a transaction stays open"));
    }
  }
  return {};
}

}  // namespace tidemark
