#include "log_kafka/kafka_consumer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "log_kafka/handles.h"

namespace tidemark {
namespace {

// What is fetched ahead is bounded for each partition by itself, and how many there will be is not
// known when the client is made: a consumer with more than these holds more than its share.
constexpr std::size_t kUsualPartitions = 4;
constexpr std::size_t kLeastQueueKilobytes = 16U << 10U;
constexpr Duration kServeEvery{100};

Result<ClientHandle> OpenClient(const KafkaLogOptions& options, Isolation isolation) {
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options));
  TM_RETURN_IF_ERROR(ConfigureConsumer(options, isolation, config));
  return std::move(config).Create(RD_KAFKA_CONSUMER);
}

}  // namespace

Status ConfigureConsumer(const KafkaLogOptions& options, Isolation isolation,
                         ClientConfig& config) {
  const std::size_t kilobytes = options.consumer_queue_bytes / kUsualPartitions / 1'024;
  const std::string queue = std::to_string(std::max(kilobytes, kLeastQueueKilobytes));
  const bool committed = isolation == Isolation::kReadCommitted;
  const std::array<KafkaSetting, 12> settings = {{
      {"group.id", "tidemark-reader"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"isolation.level", committed ? "read_committed" : "read_uncommitted"},
      // A fetch that found a limit reached looks again only after up to a second: hold enough for
      // that.
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", queue.c_str()},
      {"fetch.message.max.bytes", "1048576"},
      // A partition that becomes fetchable waits for the end of the request under way.
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "50"},
      {"fetch.min.bytes", "1"},
  }};
  return config.SetUnlessGiven(settings, options);
}

// One fetch while it is filled.
struct KafkaConsumer::Filling {
  static void Take(rd_kafka_message_t* message, void* opaque);
  static void Discard(rd_kafka_message_t* /*message*/, void* /*opaque*/) {}
  void TakeEvent(const rd_kafka_message_t& message);

  rd_kafka_t* client;
  FetchedRecords& records;
  FetchLimits limits;
  std::optional<Offset> end;  // told by the broker: nothing before it is left
  LogStatus failure;
  Offset failed_at;
};

void KafkaConsumer::Filling::Take(rd_kafka_message_t* message, void* opaque) {
  Filling& filling = *static_cast<Filling*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return filling.TakeEvent(*message);
  filling.records.Add(*message);
  if (filling.records.views().size() >= filling.limits.records ||
      filling.records.bytes() >= filling.limits.bytes) {
    rd_kafka_yield(filling.client);
  }
}

void KafkaConsumer::Filling::TakeEvent(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    end = Offset(message.offset);
    return;
  }
  failure = {LogErrorOf(message.err),
             StrCat(rd_kafka_err2name(message.err), ": ", rd_kafka_message_errstr(&message))};
  failed_at = Offset(message.offset);
  rd_kafka_yield(client);
}

// One assigned partition.
class KafkaConsumer::Reading {
 public:
  Reading(rd_kafka_t* client, const TopicPartition& partition, Offset from)
      : client_(client),
        partition_(partition),
        from_(from),
        next_(from),
        place_(ListOf(partition, from.value())) {}

  LogStatus Start();
  void Stop();
  // Fills `records`; returns what failed.
  LogStatus Fill(FetchedRecords& records, FetchLimits limits, Duration timeout);
  Offset next() const { return next_; }

 private:
  void Advance(const Filling& filling);
  std::int64_t Consumed();

  rd_kafka_t* client_;
  TopicPartition partition_;
  Offset from_;
  Offset next_;
  ListHandle place_;
  TopicHandle topic_;
  QueueHandle queue_;
  // What the client says to have consumed counts once something of this assignment has come: before
  // that it may stem from the one before.
  bool begun_ = false;
  std::int64_t before_ = RD_KAFKA_OFFSET_INVALID;
  LogStatus failure_;  // stays the answer
};

LogStatus KafkaConsumer::Reading::Start() {
  const std::string doing = StrCat("assigning ", partition_.ToString());
  if (from_ < Offset(0)) {
    failure_ = {LogError::kOutOfRange, StrCat(doing, ": there is no offset ", from_.value())};
    return {};
  }
  // Asks for the topic's leaders at once; a topic known by its queue alone waits up to 1 s for
  // that.
  topic_.reset(rd_kafka_topic_new(client_, partition_.topic.c_str(), nullptr));
  queue_.reset(rd_kafka_queue_get_partition(client_, partition_.topic.c_str(),
                                            partition_.partition.value()));
  if (queue_ == nullptr) return {LogError::kUnknownTopic, StrCat(doing, ": no such partition")};
  rd_kafka_queue_forward(queue_.get(), nullptr);
  return LogStatusOf(rd_kafka_incremental_assign(client_, place_.get()), doing);
}

void KafkaConsumer::Reading::Stop() {
  if (queue_ == nullptr) return;
  // It was assigned, so that nothing can be refused.
  if (rd_kafka_error_t* error = rd_kafka_incremental_unassign(client_, place_.get()))
    rd_kafka_error_destroy(error);
  rd_kafka_consume_callback_queue(queue_.get(), 0, &Filling::Discard, nullptr);
}

std::int64_t KafkaConsumer::Reading::Consumed() {
  rd_kafka_position(client_, place_.get());
  return place_->elems[0].offset;
}

void KafkaConsumer::Reading::Advance(const Filling& filling) {
  const auto& views = filling.records.views();
  if (!views.empty()) next_ = views.back().offset.Plus(1);
  if (filling.end) next_ = std::max(next_, *filling.end);
  const std::int64_t consumed = Consumed();
  if (!begun_ && views.empty()) {
    before_ = consumed;
    begun_ = filling.end.has_value();
    return;
  }
  begun_ = true;
  if (!views.empty()) before_ = RD_KAFKA_OFFSET_INVALID;
  if (consumed != before_) next_ = std::max(next_, Offset(consumed));
}

LogStatus KafkaConsumer::Reading::Fill(FetchedRecords& records, FetchLimits limits,
                                       Duration timeout) {
  if (queue_ == nullptr) return failure_;
  Filling filling{.client = client_, .records = records, .limits = limits};
  const auto timeout_ms = static_cast<int>(failure_.ok() ? timeout.count() : 0);
  rd_kafka_consume_callback_queue(queue_.get(), timeout_ms, &Filling::Take, &filling);
  if (filling.failure.error == LogError::kOutOfRange && filling.failed_at < from_ &&
      filling.failed_at >= Offset(0)) {
    filling.failure = {};  // of an earlier assignment
  }
  Advance(filling);
  if (!records.views().empty()) failure_ = {};
  if (!filling.failure.ok()) {
    failure_ = std::move(filling.failure);
    failure_.message = StrCat("reading ", partition_.ToString(), ": ", failure_.message);
  }
  if (!records.views().empty() || failure_.ok()) return {};
  return failure_.error == LogError::kRetriable ? std::exchange(failure_, {}) : failure_;
}

KafkaConsumer::KafkaConsumer(const KafkaLogOptions& options, Isolation isolation) {
  auto client = OpenClient(options, isolation);
  opened_ = client.status();
  if (!client.ok()) return;
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_.get());
}

KafkaConsumer::~KafkaConsumer() {
  for (auto& [partition, reading] : readings_) reading->Stop();
  readings_.clear();
}

LogStatus KafkaConsumer::Assign(const TopicPartition& partition, Offset from) {
  if (!opened_.ok()) return {LogError::kFatal, opened_.message()};
  Unassign(partition);
  auto reading = std::make_unique<Reading>(client_.get(), partition, from);
  LogStatus started = reading->Start();
  if (started.ok()) readings_.emplace(partition, std::move(reading));
  return started;
}

void KafkaConsumer::Unassign(const TopicPartition& partition) {
  const auto found = readings_.find(partition);
  if (found == readings_.end()) return;
  found->second->Stop();
  readings_.erase(found);
}

// Error events and statistics of the client, which come on its main queue.
void KafkaConsumer::Serve() {
  const MonotonicTime now = clock_.Now();
  if (now - served_ < kServeEvery) return;
  served_ = now;
  if (rd_kafka_message_t* event = rd_kafka_consumer_poll(client_.get(), 0))
    rd_kafka_message_destroy(event);
}

LogResult<std::unique_ptr<FetchedBatch>> KafkaConsumer::Fetch(const TopicPartition& partition,
                                                              FetchLimits limits,
                                                              Duration timeout) {
  const auto found = readings_.find(partition);
  if (found == readings_.end()) {
    return {LogError::kConflict,
            StrCat("fetch of ", partition.ToString(), ", which is not assigned"), std::nullopt};
  }
  Serve();
  Reading& reading = *found->second;
  const Offset before = reading.next();
  auto records = pool_->Take();
  LogStatus failure = reading.Fill(*records, limits, timeout);
  if (failure.ok() && reading.next() > before) {
    return {.value =
                std::make_unique<KafkaFetchedBatch>(pool_, std::move(records), reading.next())};
  }
  pool_->GiveBack(std::move(records));
  if (failure.ok()) return {.value = nullptr};
  if (failure.error == LogError::kOutOfRange) Unassign(partition);
  return {failure.error, std::move(failure.message), std::nullopt};
}

}  // namespace tidemark
