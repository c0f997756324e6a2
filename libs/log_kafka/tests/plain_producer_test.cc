// Plain records on a running Apache Kafka, and without one.
#include "log_kafka/plain_producer.h"

#include "log_kafka/tests/broker_world.h"

namespace tidemark {
namespace {

TEST_CASE("plain records keep their timestamps and are counted when acknowledged") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewPlainProducer();
  constexpr std::int64_t kTime = 1'700'000'000'000;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(producer
                ->Produce(
                    {.topic = topic.topic, .partition = topic.partition, .key = "k", .value = "v"},
                    kTime + i)
                .ok());
  }
  REQUIRE(producer->Flush(BrokerWorld::kLong).ok());
  CHECK(producer->acknowledged() == 1'000);
  CHECK(producer->last_offset() == Offset(999));
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  const auto batch = BrokerWorld::Next(*consumer, topic);
  REQUIRE(batch != nullptr);
  for (const RecordView& record : batch->records()) {
    REQUIRE(record.timestamp_ms == kTime + record.offset.value());
  }
}

TEST_CASE("the first record that could not be written shows at the next flush, once") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewPlainProducer();
  const std::string missing = BrokerWorld::Unique("missing");
  REQUIRE(producer->Produce({.topic = missing, .partition = Partition(0), .value = "x"}, {}).ok());
  LogStatus flushed;
  REQUIRE(BrokerWorld::WaitUntil([&] {
    flushed = producer->Flush(BrokerWorld::kStep);
    return flushed.error != LogError::kPending;
  }));
  CHECK(flushed.error == LogError::kUnknownTopic);
  CHECK(flushed.message.find(missing) != std::string::npos);
  CHECK(producer->Flush(BrokerWorld::kLong).ok());
  CHECK(producer->acknowledged() == 0);
}

TEST_CASE("without a broker a flush is pending, and a full buffer takes no more") {
  KafkaLogOptions nowhere;
  nowhere.bootstrap_servers = "127.0.0.1:9";
  nowhere.properties["queue.buffering.max.messages"] = "3";
  const auto producer = PlainProducer::Open(nowhere).value();
  const OutgoingRecord record{.topic = "t", .partition = Partition(0), .value = "x"};
  for (int i = 0; i < 3; ++i) REQUIRE(producer->Produce(record, {}).ok());
  CHECK(producer->Flush(Duration(50)).error == LogError::kPending);
  const LogStatus refused = producer->Produce(record, {});
  CHECK(refused.error == LogError::kRetriable);
  CHECK(refused.message.find("3 records wait") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
