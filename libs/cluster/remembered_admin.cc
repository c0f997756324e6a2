#include "cluster/remembered_admin.h"

#include "base/text.h"

namespace tidemark {
RememberedAdmin::RememberedAdmin(Admin* admin, Duration call_timeout)
    : admin_(admin), call_timeout_(call_timeout) {}

template <class T, class Call>
LogResult<T> RememberedAdmin::Remembered(std::map<std::string, LogResult<T>>& answers,
                                         const std::string& key, Call call) {
  if (const auto known = answers.find(key); known != answers.end()) return known->second;
  if (budget_ <= 0) return {LogError::kPending, "", std::nullopt};
  --budget_;
  LogResult<T> answer = call();
  if (answer.error == LogError::kPending) budget_ = 0;  // nothing but the same call may follow
  if (answer.error != LogError::kPending && answer.error != LogError::kRetriable) {
    answers.emplace(key, answer);
  }
  return answer;
}

LogStatus RememberedAdmin::CreateTopic(const TopicSpec& spec) {
  const auto answer = Remembered(created_, spec.name, [&] {
    const LogStatus created = admin_->CreateTopic(spec, call_timeout_);
    return LogResult<bool>{created.error, created.message, created.ok()};
  });
  return {answer.error, answer.message};
}

LogResult<TopicDescription> RememberedAdmin::DescribeTopic(const std::string& topic) {
  return Remembered(described_, topic, [&] { return admin_->DescribeTopic(topic, call_timeout_); });
}

LogResult<PartitionEnds> RememberedAdmin::Ends(const TopicPartition& partition) {
  return Remembered(ends_, partition.ToString(),
                    [&] { return admin_->Ends(partition, call_timeout_); });
}

LogResult<Offset> RememberedAdmin::OffsetForTime(const TopicPartition& partition,
                                                 std::int64_t time_ms) {
  return Remembered(offsets_, partition.ToString(),
                    [&] { return admin_->OffsetForTime(partition, time_ms, call_timeout_); });
}

}  // namespace tidemark
