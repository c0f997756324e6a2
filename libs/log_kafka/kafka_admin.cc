#include "log_kafka/kafka_admin.h"

#include <type_traits>
#include <utility>

#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kStaleAfter{1'000};

}  // namespace

// What was not answered, and why no broker answers, if none does.
std::string KafkaAdmin::Unanswered(std::string what) const {
  const std::string trouble = shared_->trouble();
  return trouble.empty() ? what : StrCat(what, "; ", trouble);
}

template <class Answer>
Answer KafkaAdmin::Run(std::string what, Duration timeout,
                       std::function<Answer(const AdminRequests&)> request) {
  if (pending_ && pending_->what != what) {
    return {.error = LogError::kConflict,
            .message = StrCat(what, " while ", pending_->what, " is pending")};
  }
  constexpr bool kReads = !std::is_same_v<Answer, LogStatus>;
  if (kReads && pending_ && pending_->call->Age() > kStaleAfter) pending_.reset();
  if (!pending_) {
    auto answer = std::make_shared<Answer>();
    auto work = [answer, request = std::move(request), clients = shared_->clients] {
      *answer = request(AdminRequests(clients));
    };
    pending_ = Pending{std::move(what), shared_->calls.Start(std::move(work)), answer};
  }
  if (!pending_->call->WaitFor(timeout)) {
    return {.error = LogError::kPending,
            .message = Unanswered(StrCat(pending_->what, " is under way"))};
  }
  Answer answer = std::move(*std::static_pointer_cast<Answer>(pending_->answer));
  pending_.reset();
  if (answer.error == LogError::kRetriable) answer.message = Unanswered(std::move(answer.message));
  return answer;
}

LogStatus KafkaAdmin::CreateTopic(const TopicSpec& spec, Duration timeout) {
  return Run<LogStatus>(
      StrCat("creating topic ", spec.name), timeout,
      [spec](const AdminRequests& requests) { return requests.CreateTopic(spec); });
}

LogStatus KafkaAdmin::DeleteTopic(std::string_view topic, Duration timeout) {
  return Run<LogStatus>(StrCat("deleting topic ", topic), timeout,
                        [topic = std::string(topic)](const AdminRequests& requests) {
                          return requests.DeleteTopic(topic);
                        });
}

LogResult<TopicDescription> KafkaAdmin::DescribeTopic(std::string_view topic, Duration timeout) {
  return Run<LogResult<TopicDescription>>(
      StrCat("describing topic ", topic), timeout,
      [topic = std::string(topic)](const AdminRequests& requests) {
        return requests.DescribeTopic(topic);
      });
}

LogStatus KafkaAdmin::DeleteRecords(const TopicPartition& partition, Offset before,
                                    Duration timeout) {
  return Run<LogStatus>(
      StrCat("deleting records of ", partition.ToString(), " before ", before.value()), timeout,
      [partition, before](const AdminRequests& requests) {
        return requests.DeleteRecords(partition, before);
      });
}

LogResult<PartitionEnds> KafkaAdmin::Ends(const TopicPartition& partition, Duration timeout) {
  return Run<LogResult<PartitionEnds>>(
      StrCat("asking for the ends of ", partition.ToString()), timeout,
      [partition](const AdminRequests& requests) { return requests.Ends(partition); });
}

LogResult<Offset> KafkaAdmin::OffsetForTime(const TopicPartition& partition, std::int64_t time_ms,
                                            Duration timeout) {
  return Run<LogResult<Offset>>(
      StrCat("asking for the offset of ", partition.ToString(), " at ", time_ms), timeout,
      [partition, time_ms](const AdminRequests& requests) {
        return requests.OffsetForTime(partition, time_ms);
      });
}

// Which offsets is no part of what is pending: newer ones may be given to the call that collects
// the answer.
LogStatus KafkaAdmin::CommitOffsets(std::string_view group,
                                    const std::map<TopicPartition, CommittedOffset>& offsets,
                                    Duration timeout) {
  return Run<LogStatus>(StrCat("committing offsets of group ", group), timeout,
                        [group = std::string(group), offsets](const AdminRequests& requests) {
                          return requests.CommitOffsets(group, offsets);
                        });
}

LogResult<std::map<TopicPartition, CommittedOffset>> KafkaAdmin::CommittedOffsets(
    std::string_view group, Duration timeout) {
  return Run<LogResult<std::map<TopicPartition, CommittedOffset>>>(
      StrCat("reading offsets of group ", group), timeout,
      [group = std::string(group)](const AdminRequests& requests) {
        return requests.CommittedOffsets(group);
      });
}

}  // namespace tidemark
