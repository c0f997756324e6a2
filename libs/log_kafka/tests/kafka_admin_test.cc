// Asking a running Apache Kafka beyond what every adapter of the port must do.
#include "log_kafka/handles.h"
#include "log_kafka/tests/broker_world.h"

// Asks for rdkafka.h before it.
#include <librdkafka/rdkafka_mock.h>

namespace tidemark {
namespace {

// Two brokers inside the client library, of which one can be taken away: topic "t" of one
// partition, which broker 1 leads.
class MockBrokers {
 public:
  MockBrokers()
      : owner_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        brokers_(rd_kafka_mock_cluster_new(owner_.get(), 2)) {
    REQUIRE(rd_kafka_mock_topic_create(brokers_.get(), "t", 1, 2) == RD_KAFKA_RESP_ERR_NO_ERROR);
    Lead(1);
  }
  std::unique_ptr<KafkaLog> OpenLog() const {
    KafkaLogOptions options;
    options.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(brokers_.get());
    return KafkaLog::Open(options).value();
  }
  void Lead(std::int32_t broker) {
    rd_kafka_mock_partition_set_leader(brokers_.get(), "t", 0, broker);
  }
  void TakeAway(std::int32_t broker) { rd_kafka_mock_broker_set_down(brokers_.get(), broker); }

 private:
  KafkaHandle<rd_kafka_t, rd_kafka_destroy> owner_;
  KafkaHandle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> brokers_;
};

TEST_CASE("the next leader of a partition is asked soon after the one before is gone") {
  MockBrokers brokers;
  const auto log = brokers.OpenLog();
  const auto admin = log->NewAdmin();
  const TopicPartition partition{"t", Partition(0)};
  REQUIRE(admin->Ends(partition, BrokerWorld::kLong).ok());
  brokers.TakeAway(1);
  brokers.Lead(2);
  const auto ends = admin->Ends(partition, BrokerWorld::kLong);
  CHECK(ends.message.empty());
}

TEST_CASE("a partition that nobody leads is told as that, not as missing") {
  MockBrokers brokers;
  const auto log = brokers.OpenLog();
  const auto admin = log->NewAdmin();
  brokers.Lead(-1);
  const auto ends = admin->Ends({"t", Partition(0)}, 2 * BrokerWorld::kLong);
  CHECK(ends.error == LogError::kRetriable);
  CHECK(ends.message.find("no broker leads it") != std::string::npos);
}

TEST_CASE("ends tell of every record acknowledged before the call") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewPlainProducer();
  for (int i = 1; i <= 50; ++i) {
    REQUIRE(
        producer->Produce({.topic = topic.topic, .partition = topic.partition, .value = "x"}, {})
            .ok());
    REQUIRE(producer->Flush(BrokerWorld::kLong).ok());
    REQUIRE(world.Ends(topic).high_watermark == Offset(i));
  }
}

TEST_CASE("a pending call admits no other, and the same call collects its answer") {
  BrokerWorld world;
  const auto topic = world.NewTopic({}, 2);
  const TopicPartition other{topic.topic, Partition(1)};
  Admin& admin = world.admin();
  REQUIRE(admin.Ends(topic, Duration(0)).error == LogError::kPending);
  CHECK(admin.Ends(other, BrokerWorld::kLong).error == LogError::kConflict);
  CHECK(admin.DeleteTopic(topic.topic, BrokerWorld::kLong).error == LogError::kConflict);
  CHECK(admin.Ends(topic, BrokerWorld::kLong).ok());
  CHECK(admin.Ends(other, BrokerWorld::kLong).ok());
}

TEST_CASE("an answer that nobody collected for long is asked anew") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  Admin& admin = world.admin();
  REQUIRE(admin.Ends(topic, Duration(0)).error == LogError::kPending);
  const auto producer = world.NewPlainProducer();
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(1'500)) {
    REQUIRE(
        producer->Produce({.topic = topic.topic, .partition = topic.partition, .value = "x"}, {})
            .ok());
    REQUIRE(producer->Flush(BrokerWorld::kLong).ok());
  }
  CHECK(world.Ends(topic).high_watermark == producer->last_offset()->Plus(1));
}

TEST_CASE("an admin that is destroyed while its call is pending disturbs no other") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  for (int i = 0; i < 20; ++i) {
    const auto admin = world.log().NewAdmin();
    REQUIRE(admin->Ends(topic, Duration(0)).error == LogError::kPending);
  }
  CHECK(world.Ends(topic).high_watermark == Offset(0));
}

TEST_CASE("a topic can be used by every handle as soon as it is created") {
  BrokerWorld world;
  const auto consumer = world.log().NewConsumer(Isolation::kReadUncommitted);
  for (int i = 0; i < 5; ++i) {
    const auto topic = world.NewTopic({}, 3);
    CHECK(world.Ends(topic).high_watermark == Offset(0));
    REQUIRE(consumer->Assign(topic, Offset(0)).ok());
    world.AppendNumbers(topic, 1);
    CHECK(BrokerWorld::Next(*consumer, topic) != nullptr);
  }
}

TEST_CASE("a refused topic says what the broker said") {
  BrokerWorld world;
  const LogStatus created = world.admin().CreateTopic(
      {.name = BrokerWorld::Unique("topic"), .configs = {{"retention.minutes", "5"}}},
      BrokerWorld::kLong);
  CHECK(created.error == LogError::kInvalid);
  CHECK(created.message.find("retention.minutes") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
