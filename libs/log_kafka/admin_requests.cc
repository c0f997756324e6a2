#include "log_kafka/admin_requests.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "log_kafka/handles.h"

namespace tidemark {
namespace {

constexpr int kTimeoutMs = static_cast<int>(AdminRequests::kRequestTimeout.count());
constexpr Duration kPause{20};

using Event = KafkaHandle<rd_kafka_event_t, rd_kafka_event_destroy>;
using AdminOptions = KafkaHandle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

template <class Answer>
Answer Failed(const Status& status) {
  return {.error = LogError::kFatal, .message = status.message()};
}

template <class Answer>
Answer Failed(LogStatus status) {
  return {.error = status.error, .message = std::move(status.message)};
}

// `detail`: what the broker says, nullptr if nothing.
LogStatus StatusOf(rd_kafka_resp_err_t error, std::string_view doing, const char* detail) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (detail == nullptr) detail = rd_kafka_err2str(error);
  const LogError kind = LogErrorOf(error);
  const char* advice =
      kind == LogError::kUnauthorized ? "; grant the right with kafka-acls.sh" : "";
  return {kind, StrCat(doing, ": ", detail, " (", rd_kafka_err2name(error), ")", advice)};
}

LogStatus FirstFailure(const rd_kafka_topic_partition_list_t& list, std::string_view doing) {
  for (int i = 0; i < list.cnt; ++i) {
    if (list.elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return StatusOf(list.elems[i].err, doing, nullptr);
  }
  return {};
}

// How long a request that is repeated may take in all.
class Deadline {
 public:
  explicit Deadline(rd_kafka_t* client)
      : nothing_(rd_kafka_queue_new(client)), begun_(clock_.Now()) {}

  int remaining_ms() const {
    const Duration left = AdminRequests::kRequestTimeout - (clock_.Now() - begun_);
    return static_cast<int>(std::max<std::int64_t>(left.count(), 1));
  }
  // Waits a little; false when the time is over.
  bool Pause() const {
    rd_kafka_queue_poll(nothing_.get(), static_cast<int>(kPause.count()));
    return clock_.Now() - begun_ < AdminRequests::kRequestTimeout;
  }

 private:
  QueueHandle nothing_;
  SteadyClock clock_;
  MonotonicTime begun_;
};

// One request of the admin API and its answer.
class Exchange {
 public:
  Exchange(rd_kafka_t* client, rd_kafka_admin_op_t kind, std::string doing)
      : doing_(std::move(doing)),
        options_(rd_kafka_AdminOptions_new(client, kind)),
        queue_(rd_kafka_queue_new(client)) {
    std::array<char, 128> refusal{};
    rd_kafka_AdminOptions_set_request_timeout(options_.get(), kTimeoutMs, refusal.data(),
                                              refusal.size());
  }

  rd_kafka_AdminOptions_t* options() { return options_.get(); }
  rd_kafka_queue_t* queue() { return queue_.get(); }
  const std::string& doing() const { return doing_; }
  rd_kafka_event_t* answer() { return answer_.get(); }
  rd_kafka_resp_err_t error() const {
    return answer_ == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer_.get());
  }

  // Waits for the answer of the request that was sent with options() and queue().
  LogStatus Await() {
    constexpr int kGraceMs = 2'000;
    answer_.reset(rd_kafka_queue_poll(queue_.get(), kTimeoutMs + kGraceMs));
    if (answer_ == nullptr) return {LogError::kRetriable, StrCat(doing_, ": no answer")};
    return StatusOf(rd_kafka_event_error(answer_.get()), doing_,
                    rd_kafka_event_error_string(answer_.get()));
  }

 private:
  std::string doing_;
  AdminOptions options_;
  QueueHandle queue_;
  Event answer_;
};

using TopicResults = std::pair<const rd_kafka_topic_result_t**, std::size_t>;

LogStatus FirstFailure(TopicResults topics, std::string_view doing) {
  if (topics.second == 0) return {LogError::kRetriable, StrCat(doing, ": an empty answer")};
  return StatusOf(rd_kafka_topic_result_error(topics.first[0]), doing,
                  rd_kafka_topic_result_error_string(topics.first[0]));
}

struct Partitions {
  std::int32_t count = 0;
  std::vector<std::int32_t> leaderless;
};

LogResult<Partitions> PartitionsOf(rd_kafka_t* client, const std::string& name, int timeout_ms) {
  const std::string doing = StrCat("asking for the partitions of ", name);
  const TopicHandle topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  if (topic == nullptr)
    return Failed<LogResult<Partitions>>(StatusOf(rd_kafka_last_error(), doing, nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 0, topic.get(), &raw, timeout_ms);
  const KafkaHandle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy> metadata(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Failed<LogResult<Partitions>>(StatusOf(error, doing, nullptr));
  Partitions partitions;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& found = metadata->topics[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Failed<LogResult<Partitions>>(StatusOf(found.err, doing, nullptr));
    }
    partitions.count = found.partition_cnt;
    for (int p = 0; p < found.partition_cnt; ++p) {
      if (found.partitions[p].leader < 0) partitions.leaderless.push_back(found.partitions[p].id);
    }
  }
  return {.value = partitions};
}

// What a broker says about a partition; the client then knows it, too.
enum class Standing : std::uint8_t { kLed, kLeaderless, kMissing, kUnknown };

Standing StandingOf(rd_kafka_t* client, const TopicPartition& partition, int timeout_ms) {
  const auto there = PartitionsOf(client, partition.topic, timeout_ms);
  if (there.error == LogError::kUnknownTopic) return Standing::kMissing;
  if (!there.ok()) return Standing::kUnknown;
  const std::int32_t number = partition.partition.value();
  if (number >= there.value->count) return Standing::kMissing;
  const auto& leaderless = there.value->leaderless;
  const bool led = std::find(leaderless.begin(), leaderless.end(), number) == leaderless.end();
  return led ? Standing::kLed : Standing::kLeaderless;
}

// The broker that answers first may not know a new topic yet.
void AwaitLeaders(rd_kafka_t* client, const TopicSpec& spec) {
  const Deadline deadline(client);
  do {
    const auto partitions = PartitionsOf(client, spec.name, deadline.remaining_ms());
    if (partitions.ok() && partitions.value->leaderless.empty() &&
        partitions.value->count >= spec.partitions) {
      return;
    }
  } while (deadline.Pause());
}

// What ListOffsets says for a time, or for one of Kafka's two special ones.
//
// A client asks the leader that it knows. When that one is gone, the request stays unanswered, and
// the next one goes to the same broker: what a client knows of a topic that it neither reads nor
// writes is not looked at again for a minute (librdkafka 2.0.2). So each try has a part of the time
// only, and before the next one the client is made to look who leads. That also tells a partition
// that does not exist, or that nobody leads, from one that its leader has not heard of yet.
LogResult<Offset> Ask(rd_kafka_t* client, const TopicPartition& partition, std::int64_t time) {
  constexpr int kFirstTryMs = 1'000;
  const std::string doing = StrCat("asking for offsets of ", partition.ToString());
  const Deadline deadline(client);
  const auto at_most = [&deadline](int ms) { return std::min(ms, deadline.remaining_ms()); };
  for (int try_ms = kFirstTryMs;; try_ms = at_most(2 * try_ms)) {
    const ListHandle list = ListOf(partition, time);
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client, list.get(), try_ms);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = list->elems[0].err;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {.value = Offset(list->elems[0].offset)};
    LogStatus status = StatusOf(error, doing, nullptr);
    if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) status.error = LogError::kUnknownTopic;
    if (status.error != LogError::kRetriable && status.error != LogError::kUnknownTopic)
      return Failed<LogResult<Offset>>(std::move(status));
    const Standing standing = StandingOf(client, partition, at_most(kFirstTryMs));
    const bool missing = standing == Standing::kMissing;
    const bool leaderless = standing == Standing::kLeaderless;
    status.error = missing ? LogError::kUnknownTopic : LogError::kRetriable;
    if (leaderless) {
      status.message =
          StrCat(doing, ": no broker leads it, all that hold it are away. Start one of ",
                 "them; a topic with more replicas goes on without");
    }
    if (missing || leaderless || !deadline.Pause())
      return Failed<LogResult<Offset>>(std::move(status));
  }
}

// Requests about groups are made only while brokers answer. One of the admin API whose time is over
// before any broker was found ends the process when one comes back (librdkafka 2.0.2:
// "eonce->refcnt > 0"); a commit would hold its thread for long.
LogStatus BrokersAnswer(rd_kafka_t* client, std::string_view doing) {
  constexpr int kAnswerMs = 1'000;
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 0, nullptr, &raw, kAnswerMs);
  const KafkaHandle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy> metadata(raw);
  return StatusOf(error, doing, nullptr);
}

}  // namespace

LogStatus AdminRequests::CreateTopic(const TopicSpec& spec) const {
  const auto client = clients_->committed();
  if (!client.ok()) return Failed<LogStatus>(client.status());
  const std::string doing = StrCat("creating topic ", spec.name);
  if (spec.partitions < 1) return {LogError::kInvalid, StrCat(doing, ": it needs a partition")};
  std::array<char, 256> refusal{};
  const KafkaHandle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(rd_kafka_NewTopic_new(
      spec.name.c_str(), spec.partitions, spec.replication_factor, refusal.data(), refusal.size()));
  if (topic == nullptr) return {LogError::kInvalid, StrCat(doing, ": ", refusal.data())};
  for (const auto& [name, value] : spec.configs) {
    const LogStatus set = StatusOf(
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str()), doing, nullptr);
    if (!set.ok()) return set;
  }
  Exchange exchange(*client, RD_KAFKA_ADMIN_OP_CREATETOPICS, doing);
  rd_kafka_NewTopic_t* topics = topic.get();
  rd_kafka_CreateTopics(*client, &topics, 1, exchange.options(), exchange.queue());
  LogStatus status = exchange.Await();
  if (!status.ok()) return status;
  TopicResults created;
  created.first = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(exchange.answer()), &created.second);
  status = FirstFailure(created, doing);
  if (status.ok()) AwaitLeaders(*client, spec);
  return status;
}

LogStatus AdminRequests::DeleteTopic(const std::string& topic) const {
  const auto client = clients_->committed();
  if (!client.ok()) return Failed<LogStatus>(client.status());
  Exchange exchange(*client, RD_KAFKA_ADMIN_OP_DELETETOPICS, StrCat("deleting topic ", topic));
  const KafkaHandle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> request(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* topics = request.get();
  rd_kafka_DeleteTopics(*client, &topics, 1, exchange.options(), exchange.queue());
  LogStatus status = exchange.Await();
  if (!status.ok()) return status;
  TopicResults deleted;
  deleted.first = rd_kafka_DeleteTopics_result_topics(
      rd_kafka_event_DeleteTopics_result(exchange.answer()), &deleted.second);
  return FirstFailure(deleted, exchange.doing());
}

LogResult<TopicDescription> AdminRequests::DescribeTopic(const std::string& topic) const {
  using Answer = LogResult<TopicDescription>;
  const auto client = clients_->committed();
  if (!client.ok()) return Failed<Answer>(client.status());
  Exchange exchange(*client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, StrCat("describing topic ", topic));
  const KafkaHandle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  if (resource == nullptr)
    return {LogError::kInvalid, StrCat(exchange.doing(), ": no such name"), std::nullopt};
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_DescribeConfigs(*client, &resources, 1, exchange.options(), exchange.queue());
  LogStatus status = exchange.Await();
  if (!status.ok()) return Failed<Answer>(std::move(status));
  std::size_t count = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(exchange.answer());
  const rd_kafka_ConfigResource_t** found =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  if (count == 0)
    return {LogError::kRetriable, StrCat(exchange.doing(), ": an empty answer"), std::nullopt};
  status = StatusOf(rd_kafka_ConfigResource_error(found[0]), exchange.doing(),
                    rd_kafka_ConfigResource_error_string(found[0]));
  if (!status.ok()) return Failed<Answer>(std::move(status));
  TopicDescription description;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(found[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    description.configs[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  auto partitions = PartitionsOf(*client, topic, kTimeoutMs);
  if (!partitions.ok())
    return Failed<Answer>(LogStatus{partitions.error, std::move(partitions.message)});
  description.partitions = partitions.value->count;
  return {.value = std::move(description)};
}

LogStatus AdminRequests::DeleteRecords(const TopicPartition& partition, Offset before) const {
  const auto client = clients_->committed();
  if (!client.ok()) return Failed<LogStatus>(client.status());
  Exchange exchange(*client, RD_KAFKA_ADMIN_OP_DELETERECORDS,
                    StrCat("deleting records of ", partition.ToString()));
  const ListHandle list = ListOf(partition, before.value());
  const KafkaHandle<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy> request(
      rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* requests = request.get();
  rd_kafka_DeleteRecords(*client, &requests, 1, exchange.options(), exchange.queue());
  LogStatus status = exchange.Await();
  if (exchange.error() == RD_KAFKA_RESP_ERR__NOENT || status.error == LogError::kRetriable) {
    if (StandingOf(*client, partition, kTimeoutMs) == Standing::kMissing)
      status.error = LogError::kUnknownTopic;
  }
  if (!status.ok()) return status;
  const auto* result = rd_kafka_event_DeleteRecords_result(exchange.answer());
  return FirstFailure(*rd_kafka_DeleteRecords_result_offsets(result), exchange.doing());
}

// In this order, so that log_start <= last_stable <= high_watermark.
LogResult<PartitionEnds> AdminRequests::Ends(const TopicPartition& partition) const {
  using Answer = LogResult<PartitionEnds>;
  const auto committed = clients_->committed();
  const auto uncommitted = clients_->uncommitted();
  if (!committed.ok()) return Failed<Answer>(committed.status());
  if (!uncommitted.ok()) return Failed<Answer>(uncommitted.status());
  const std::array<std::pair<rd_kafka_t*, std::int64_t>, 3> questions = {
      {{*committed, RD_KAFKA_OFFSET_BEGINNING},
       {*committed, RD_KAFKA_OFFSET_END},
       {*uncommitted, RD_KAFKA_OFFSET_END}}};
  std::array<Offset, 3> answers;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto offset = Ask(questions.at(i).first, partition, questions.at(i).second);
    if (!offset.ok()) return {offset.error, std::move(offset.message), std::nullopt};
    answers.at(i) = *offset.value;
  }
  return {.value = PartitionEnds{answers[0], answers[1], answers[2]}};
}

LogResult<Offset> AdminRequests::OffsetForTime(const TopicPartition& partition,
                                               std::int64_t time_ms) const {
  const auto client = clients_->uncommitted();
  if (!client.ok()) return Failed<LogResult<Offset>>(client.status());
  // Negative times mean something else to Kafka.
  auto found = Ask(*client, partition, std::max<std::int64_t>(time_ms, 0));
  if (!found.ok() || *found.value >= Offset(0)) return found;
  return Ask(*client, partition, RD_KAFKA_OFFSET_END);
}

LogStatus AdminRequests::CommitOffsets(
    const std::string& group, const std::map<TopicPartition, CommittedOffset>& offsets) const {
  constexpr int kCommitMs = 5'000;
  if (offsets.empty()) return {};
  const std::string doing = StrCat("committing offsets of group ", group);
  const auto client = clients_->OfGroup(group);
  if (!client.ok()) return Failed<LogStatus>(client.status());
  if (LogStatus away = BrokersAnswer(client->get(), doing); !away.ok()) return away;
  const ListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, committed] : offsets) {
    auto* place = rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                                    partition.partition.value());
    place->offset = committed.offset.value();
    place->metadata = strdup(committed.metadata.c_str());  // the list frees it
    place->metadata_size = committed.metadata.size();
  }
  const QueueHandle queue(rd_kafka_queue_new(client->get()));
  const auto refused =
      rd_kafka_commit_queue(client->get(), list.get(), queue.get(), nullptr, nullptr);
  if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) return StatusOf(refused, doing, nullptr);
  const Event answer(rd_kafka_queue_poll(queue.get(), kCommitMs));
  if (answer == nullptr) return {LogError::kRetriable, StrCat(doing, ": no answer")};
  const auto error = rd_kafka_event_error(answer.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return StatusOf(error, doing, nullptr);
  const auto* partitions = rd_kafka_event_topic_partition_list(answer.get());
  return partitions == nullptr ? LogStatus() : FirstFailure(*partitions, doing);
}

LogResult<std::map<TopicPartition, CommittedOffset>> AdminRequests::CommittedOffsets(
    const std::string& group) const {
  using Answer = LogResult<std::map<TopicPartition, CommittedOffset>>;
  const auto client = clients_->committed();
  if (!client.ok()) return Failed<Answer>(client.status());
  Exchange exchange(*client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
                    StrCat("reading offsets of group ", group));
  LogStatus status = BrokersAnswer(*client, exchange.doing());
  if (!status.ok()) return Failed<Answer>(std::move(status));
  const KafkaHandle<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>
      request(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  rd_kafka_ListConsumerGroupOffsets_t* requests = request.get();
  rd_kafka_ListConsumerGroupOffsets(*client, &requests, 1, exchange.options(), exchange.queue());
  status = exchange.Await();
  if (!status.ok()) return Failed<Answer>(std::move(status));
  std::size_t count = 0;
  const auto* result = rd_kafka_event_ListConsumerGroupOffsets_result(exchange.answer());
  const rd_kafka_group_result_t** groups =
      rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
  if (count == 0)
    return {LogError::kRetriable, StrCat(exchange.doing(), ": an empty answer"), std::nullopt};
  if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0])) {
    return Failed<Answer>(
        StatusOf(rd_kafka_error_code(error), exchange.doing(), rd_kafka_error_string(error)));
  }
  const rd_kafka_topic_partition_list_t& list = *rd_kafka_group_result_partitions(groups[0]);
  status = FirstFailure(list, exchange.doing());
  if (!status.ok()) return Failed<Answer>(std::move(status));
  std::map<TopicPartition, CommittedOffset> committed;
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& place = list.elems[i];
    if (place.offset < 0) continue;
    std::string metadata(static_cast<const char*>(place.metadata), place.metadata_size);
    committed[{place.topic, Partition(place.partition)}] = {Offset(place.offset),
                                                            std::move(metadata)};
  }
  return {.value = std::move(committed)};
}

}  // namespace tidemark
