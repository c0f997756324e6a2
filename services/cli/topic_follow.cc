#include "cli/topic_follow.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/kafka_access.h"

namespace tidemark {
namespace {

constexpr Duration kSilence{10'000};
constexpr Duration kWait{20};
constexpr Duration kAdminPatience{10'000};

class Follower {
 public:
  Follower(const FollowOptions& options, KafkaLogOptions kafka, const TakeRecord& take)
      : options_(options), kafka_(std::move(kafka)), take_(take) {}
  Status Open();
  Status Run();

 private:
  Status Assign(const TopicPartition& partition);
  Result<std::size_t> Take(const TopicPartition& partition, Duration timeout);
  Status Move(const TopicPartition& partition);
  bool Done() const {
    return Interrupted() || (options_.count > 0 && taken_ >= options_.count) ||
           (options_.until == FollowOptions::Until::kPresentEnd && unread_.empty());
  }
  void ExplainSilence();
  std::string WhySilent(const TopicPartition& partition);

  const FollowOptions& options_;
  const KafkaLogOptions kafka_;
  const TakeRecord& take_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<TopicPartition> partitions_;
  std::map<TopicPartition, Offset> unread_;  // where to end, of what is not read up to there
  SteadyClock clock_;
  MonotonicTime last_record_;
  std::string explained_;
  std::uint64_t taken_ = 0;
};

Status Follower::Open() {
  TM_ASSIGN_OR_RETURN(log_, KafkaLog::Open(kafka_));
  admin_ = log_->NewAdmin();
  consumer_ = log_->NewConsumer(Isolation::kReadCommitted);
  const auto described = DescribeTopic(*admin_, kafka_, options_.topic);
  if (!described.ok()) return described.status();
  for (std::int32_t i = 0; i < described->partitions; ++i) {
    if (options_.partition.value_or(i) == i) partitions_.push_back({options_.topic, Partition(i)});
  }
  if (partitions_.empty()) {
    return Status::NotFound(
        StrCat("topic ", options_.topic, " has the partitions 0 to ", described->partitions - 1));
  }
  for (const TopicPartition& partition : partitions_) TM_RETURN_IF_ERROR(Assign(partition));
  return {};
}

Status Follower::Assign(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminPatience);
  if (!ends.ok()) return Status::Unavailable(ends.message);
  const Offset from = options_.from_beginning ? ends.value->log_start : ends.value->last_stable;
  if (from < ends.value->last_stable) unread_[partition] = ends.value->last_stable;
  const LogStatus assigned = consumer_->Assign(partition, from);
  return assigned.ok() ? Status() : Status::Unavailable(assigned.message);
}

// Retention has overtaken the reading.
Status Follower::Move(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminPatience);
  if (!ends.ok()) return Status::Unavailable(ends.message);
  std::fprintf(stderr,
               "tidemark %s: records of partition %d were deleted before they were read; going on "
               "at offset %lld\n",
               options_.command.c_str(), partition.partition.value(),
               static_cast<long long>(ends.value->log_start.value()));
  const LogStatus assigned = consumer_->Assign(partition, ends.value->log_start);
  return assigned.ok() ? Status() : Status::Unavailable(assigned.message);
}

Result<std::size_t> Follower::Take(const TopicPartition& partition, Duration timeout) {
  const bool bounded = options_.until == FollowOptions::Until::kPresentEnd;
  const auto end = unread_.find(partition);
  if (bounded && end == unread_.end()) return std::size_t{0};
  const auto batch = consumer_->Fetch(partition, {}, timeout);
  if (batch.error == LogError::kOutOfRange) {
    TM_RETURN_IF_ERROR(Move(partition));
    return std::size_t{0};
  }
  if (batch.error == LogError::kRetriable) return std::size_t{0};
  if (!batch.ok()) return Status::Unavailable(batch.message);
  if (*batch.value == nullptr) return std::size_t{0};
  const std::uint64_t before = taken_;
  for (const RecordView& record : (*batch.value)->records()) {
    if (Done() || (bounded && record.offset >= end->second)) break;
    taken_ += take_(partition, record) ? 1 : 0;
  }
  if (bounded && (*batch.value)->next() >= end->second) unread_.erase(end);
  return static_cast<std::size_t>(taken_ - before);
}

std::string Follower::WhySilent(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminPatience);
  const std::string where = StrCat("partition ", partition.partition.value());
  if (ends.error == LogError::kUnknownTopic) return StrCat("topic ", partition.topic, " is gone");
  if (!ends.ok())
    return StrCat("no broker at ", kafka_.bootstrap_servers, " answers: ", ends.message);
  const std::int64_t hidden = ends.value->high_watermark.value() - ends.value->last_stable.value();
  if (hidden > 0) {
    return StrCat(where, ": an open transaction hides ", hidden, " offsets from ",
                  ends.value->last_stable.value(), " on, until it ends");
  }
  if (ends.value->log_start == ends.value->high_watermark) return StrCat(where, " is empty");
  return StrCat(where, ": at its end, offset ", ends.value->high_watermark.value());
}

void Follower::ExplainSilence() {
  std::string why;
  for (const TopicPartition& partition : partitions_) why += StrCat("\n  ", WhySilent(partition));
  last_record_ = clock_.Now();
  if (why == explained_) return;
  explained_ = why;
  std::fprintf(stderr, "tidemark %s: no committed record of %s for %lld s:%s\n",
               options_.command.c_str(), options_.topic.c_str(),
               static_cast<long long>(kSilence.count() / 1'000), why.c_str());
}

Status Follower::Run() {
  last_record_ = clock_.Now();
  std::size_t waits_at = 0;
  while (!Done()) {
    std::size_t taken = 0;
    for (const TopicPartition& partition : partitions_) {
      TM_ASSIGN_OR_RETURN(const std::size_t some, Take(partition, Duration(0)));
      taken += some;
    }
    if (taken == 0) {
      std::fflush(stdout);
      TM_ASSIGN_OR_RETURN(taken, Take(partitions_[waits_at++ % partitions_.size()], kWait));
    }
    if (taken > 0) {
      last_record_ = clock_.Now();
      explained_.clear();
    }
    if (clock_.Now() - last_record_ >= kSilence) ExplainSilence();
  }
  std::fflush(stdout);
  return {};
}

}  // namespace

Status FollowTopic(const FollowOptions& options, const KafkaLogOptions& kafka,
                   const TakeRecord& take) {
  Follower follower(options, kafka, take);
  TM_RETURN_IF_ERROR(follower.Open());
  return follower.Run();
}

}  // namespace tidemark
