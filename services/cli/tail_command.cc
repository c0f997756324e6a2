// tidemark tail --topic: the committed records of a topic as they come, and why none comes.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/kafka_access.h"
#include "cli/record_line.h"

namespace tidemark {
namespace {

constexpr Duration kSilence{10'000};
constexpr Duration kWait{20};
constexpr Duration kAdminPatience{10'000};

class Tail {
 public:
  Tail(const TailOptions& options, KafkaLogOptions kafka)
      : options_(options), kafka_(std::move(kafka)) {}
  Status Open();
  Status Run();

 private:
  Status Assign(const TopicPartition& partition);
  Result<std::size_t> Take(const TopicPartition& partition, Duration timeout);
  Status Move(const TopicPartition& partition);
  bool Done() const { return Interrupted() || (options_.count > 0 && printed_ >= options_.count); }
  void ExplainSilence();
  std::string WhySilent(const TopicPartition& partition);

  const TailOptions& options_;
  const KafkaLogOptions kafka_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<TopicPartition> partitions_;
  SteadyClock clock_;
  MonotonicTime last_record_;
  std::string explained_;
  std::uint64_t printed_ = 0;
};

Status Tail::Open() {
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

Status Tail::Assign(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminPatience);
  if (!ends.ok()) return Status::Unavailable(ends.message);
  const Offset from = options_.from_beginning ? ends.value->log_start : ends.value->last_stable;
  const LogStatus assigned = consumer_->Assign(partition, from);
  return assigned.ok() ? Status() : Status::Unavailable(assigned.message);
}

// Retention has overtaken the reading.
Status Tail::Move(const TopicPartition& partition) {
  const auto ends = admin_->Ends(partition, kAdminPatience);
  if (!ends.ok()) return Status::Unavailable(ends.message);
  std::fprintf(stderr,
               "tidemark tail: records of partition %d were deleted before they were read; going "
               "on at offset %lld\n",
               partition.partition.value(), static_cast<long long>(ends.value->log_start.value()));
  const LogStatus assigned = consumer_->Assign(partition, ends.value->log_start);
  return assigned.ok() ? Status() : Status::Unavailable(assigned.message);
}

Result<std::size_t> Tail::Take(const TopicPartition& partition, Duration timeout) {
  const auto batch = consumer_->Fetch(partition, {}, timeout);
  if (batch.error == LogError::kOutOfRange) {
    TM_RETURN_IF_ERROR(Move(partition));
    return std::size_t{0};
  }
  if (batch.error == LogError::kRetriable) return std::size_t{0};
  if (!batch.ok()) return Status::Unavailable(batch.message);
  if (*batch.value == nullptr) return std::size_t{0};
  std::size_t taken = 0;
  for (const RecordView& record : (*batch.value)->records()) {
    if (Done()) break;
    const std::string line = RecordLine(partition, record, options_.output);
    std::fwrite(line.data(), 1, line.size(), stdout);
    ++printed_;
    ++taken;
  }
  return taken;
}

std::string Tail::WhySilent(const TopicPartition& partition) {
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

void Tail::ExplainSilence() {
  std::string why;
  for (const TopicPartition& partition : partitions_) why += StrCat("\n  ", WhySilent(partition));
  last_record_ = clock_.Now();
  if (why == explained_) return;
  explained_ = why;
  std::fprintf(stderr, "tidemark tail: no committed record of %s for %lld s:%s\n",
               options_.topic.c_str(), static_cast<long long>(kSilence.count() / 1'000),
               why.c_str());
}

Status Tail::Run() {
  if (options_.output == TailOptions::Output::kTable) std::printf("%s", TableHead().c_str());
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

int Fail(const Status& status) {
  std::fprintf(stderr, "tidemark tail: %s\n", status.message().c_str());
  return kExitFailed;
}

}  // namespace

int TailTopic(const TailOptions& options) {
  WatchInterrupts();
  auto kafka = ResolveKafka(options.kafka);
  if (!kafka.ok()) return Fail(kafka.status());
  Tail tail(options, std::move(*kafka));
  if (const Status opened = tail.Open(); !opened.ok()) return Fail(opened);
  if (const Status ran = tail.Run(); !ran.ok()) return Fail(ran);
  return kExitDone;
}

}  // namespace tidemark
