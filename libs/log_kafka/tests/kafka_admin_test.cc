// Asking a running Apache Kafka beyond what every adapter of the port must do.
#include "log_kafka/tests/broker_world.h"

namespace tidemark {
namespace {

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
