#include "log_kafka/plain_producer.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <utility>

#include "base/text.h"
#include "log_kafka/client.h"
#include "log_kafka/handles.h"
#include "log_kafka/outgoing.h"

namespace tidemark {
namespace {

constexpr int kFullBufferStepMs = 100;
constexpr int kFullBufferSteps = 50;
// Delivery reports are served once in so many records.
constexpr std::uint64_t kServeEvery = 64;

Result<ClientConfig> Configure(const KafkaLogOptions& options) {
  TM_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Common(options));
  const std::array<KafkaSetting, 9> settings = {{
      {"enable.idempotence", "true"},
      {"compression.type", "lz4"},
      {"partitioner", "murmur2_random"},
      {"linger.ms", "20"},
      {"batch.num.messages", "10000"},
      {"queue.buffering.max.messages", "500000"},
      {"queue.buffering.max.kbytes", "262144"},
      // The topic's own limit decides.
      {"message.max.bytes", "67108864"},
      {"batch.size", "1000000"},
  }};
  TM_RETURN_IF_ERROR(config.SetUnlessGiven(settings, options));
  return config;
}

}  // namespace

struct PlainProducer::Impl {
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  rd_kafka_topic_t* TopicOf(std::string_view name);
  LogStatus Refusal(rd_kafka_resp_err_t error, const OutgoingRecord& record) const;

  ClientHandle client;
  std::map<std::string, TopicHandle, std::less<>> topics;  // go before the client
  std::uint64_t produced = 0;
  std::uint64_t acknowledged = 0;
  std::optional<Offset> last_offset;
  LogStatus first_failure;
};

void PlainProducer::Impl::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                                     void* opaque) {
  Impl& impl = *static_cast<Impl*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++impl.acknowledged;
    impl.last_offset = Offset(message->offset);
  } else if (impl.first_failure.ok()) {
    impl.first_failure = LogStatusOf(
        message->err, StrCat("writing to ", rd_kafka_topic_name(message->rkt),
                             message->partition < 0 ? "" : StrCat("/", message->partition)));
  }
}

rd_kafka_topic_t* PlainProducer::Impl::TopicOf(std::string_view name) {
  auto found = topics.find(name);
  if (found == topics.end()) {
    std::string key(name);
    TopicHandle topic(rd_kafka_topic_new(client.get(), key.c_str(), nullptr));
    if (topic == nullptr) return nullptr;
    found = topics.emplace(std::move(key), std::move(topic)).first;
  }
  return found->second.get();
}

LogStatus PlainProducer::Impl::Refusal(rd_kafka_resp_err_t error,
                                       const OutgoingRecord& record) const {
  const std::string doing = StrCat("writing to ", record.topic);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    return {LogError::kRetriable,
            StrCat(doing, ": ", produced - acknowledged,
                   " records wait for their acknowledgement and none came for ",
                   kFullBufferStepMs * kFullBufferSteps / 1'000, " s")};
  }
  return LogStatusOf(error, doing);
}

PlainProducer::PlainProducer() : impl_(std::make_unique<Impl>()) {}

PlainProducer::~PlainProducer() = default;

Result<std::unique_ptr<PlainProducer>> PlainProducer::Open(const KafkaLogOptions& options) {
  TM_ASSIGN_OR_RETURN(ClientConfig config, Configure(options));
  std::unique_ptr<PlainProducer> producer(new PlainProducer());
  rd_kafka_conf_set_opaque(config.get(), producer->impl_.get());
  rd_kafka_conf_set_dr_msg_cb(config.get(), &Impl::OnDelivery);
  TM_ASSIGN_OR_RETURN(producer->impl_->client, std::move(config).Create(RD_KAFKA_PRODUCER));
  return producer;
}

LogStatus PlainProducer::Produce(const OutgoingRecord& record,
                                 std::optional<std::int64_t> timestamp_ms) {
  Impl& impl = *impl_;
  rd_kafka_topic_t* topic = impl.TopicOf(record.topic);
  if (topic == nullptr) return LogStatusOf(rd_kafka_last_error(), StrCat("topic ", record.topic));
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__QUEUE_FULL;
  for (int step = 0; step < kFullBufferSteps; ++step) {
    error = EnqueueRecord(impl.client.get(), topic, record, timestamp_ms.value_or(0));
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    rd_kafka_poll(impl.client.get(), kFullBufferStepMs);
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return impl.Refusal(error, record);
  if (++impl.produced % kServeEvery == 0) rd_kafka_poll(impl.client.get(), 0);
  return {};
}

LogStatus PlainProducer::Flush(Duration timeout) {
  Impl& impl = *impl_;
  const auto error = rd_kafka_flush(impl.client.get(), static_cast<int>(timeout.count()));
  if (!impl.first_failure.ok()) return std::exchange(impl.first_failure, {});
  if (error == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    return {LogError::kPending,
            StrCat(rd_kafka_outq_len(impl.client.get()), " records are not acknowledged yet")};
  }
  return LogStatusOf(error, "flush");
}

std::optional<Offset> PlainProducer::last_offset() const { return impl_->last_offset; }
std::uint64_t PlainProducer::acknowledged() const { return impl_->acknowledged; }

}  // namespace tidemark
