// The admin handle of the log port on Kafka. Requests block on threads of the log, so that each
// call keeps its deadline: what is not answered by then is kPending and collected by the same call
// again.
//
// An answer that nobody collected for a second is asked anew: it must tell of a moment not before
// the call.
//
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "log_kafka/admin_requests.h"
#include "log_kafka/kafka_log.h"
#include "log_kafka/shared_handles.h"

namespace tidemark {

class KafkaAdmin final : public Admin {
 public:
  explicit KafkaAdmin(std::shared_ptr<SharedHandles> shared) : shared_(std::move(shared)) {}

  LogStatus CreateTopic(const TopicSpec& spec, Duration timeout) override;
  LogStatus DeleteTopic(std::string_view topic, Duration timeout) override;
  LogResult<TopicDescription> DescribeTopic(std::string_view topic, Duration timeout) override;
  LogStatus DeleteRecords(const TopicPartition& partition, Offset before,
                          Duration timeout) override;
  LogResult<PartitionEnds> Ends(const TopicPartition& partition, Duration timeout) override;
  LogResult<Offset> OffsetForTime(const TopicPartition& partition, std::int64_t time_ms,
                                  Duration timeout) override;
  LogStatus CommitOffsets(std::string_view group,
                          const std::map<TopicPartition, CommittedOffset>& offsets,
                          Duration timeout) override;
  LogResult<std::map<TopicPartition, CommittedOffset>> CommittedOffsets(std::string_view group,
                                                                        Duration timeout) override;

 private:
  struct Pending {
    std::string what;  // the call and its arguments
    std::shared_ptr<BlockingCall> call;
    std::shared_ptr<void> answer;  // of the call's type
  };
  template <class Answer>
  Answer Run(std::string what, Duration timeout,
             std::function<Answer(const AdminRequests&)> request);

  std::string Unanswered(std::string what) const;

  std::shared_ptr<SharedHandles> shared_;
  std::optional<Pending> pending_;
};

}  // namespace tidemark
