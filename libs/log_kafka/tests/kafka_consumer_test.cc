// Reading from a running Apache Kafka beyond what every adapter of the port must do.
#include <set>

#include "base/random.h"
#include "log_kafka/tests/broker_world.h"

namespace tidemark {
namespace {

using End = BrokerWorld::End;

std::uint64_t SeedFromEnv() {
  const char* seed = std::getenv("TIDEMARK_TEST_SEED");
  return seed != nullptr ? std::stoull(seed) : std::random_device{}();
}

TEST_CASE("nothing of an earlier assignment reaches a partition that is assigned again") {
  constexpr int kRecords = 20'000;
  const std::uint64_t seed = SeedFromEnv();
  INFO("TIDEMARK_TEST_SEED=" << seed);
  Random random(seed);
  BrokerWorld world;
  const auto topic = world.NewTopic();
  world.AppendNumbers(topic, kRecords);
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  for (int move = 0; move < 60; ++move) {
    Offset position(static_cast<std::int64_t>(random.Below(kRecords)));
    if (random.Below(2) == 0) consumer->Unassign(topic);
    REQUIRE(consumer->Assign(topic, position).ok());
    for (std::uint64_t batches = random.Below(4); batches > 0 && position < Offset(kRecords);
         --batches) {
      const auto batch = BrokerWorld::Next(*consumer, topic, {.records = 1 + random.Below(3'000)});
      REQUIRE(batch != nullptr);
      for (const RecordView& record : batch->records()) {
        REQUIRE(record.offset == position);
        REQUIRE(record.value == std::to_string(position.value()));
        ++position;
      }
      REQUIRE(batch->next() == position);
    }
  }
}

TEST_CASE("the position of an earlier assignment does not show in one before it") {
  constexpr int kTransactions = 20;
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewProducer();
  for (int i = 0; i < kTransactions; ++i) world.Transact(*producer, topic, 1, End::kCommit);
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  for (int move = 0; move < 30; ++move) {
    REQUIRE(consumer->Assign(topic, Offset(2 * kTransactions - 6)).ok());
    // Markers are left behind in the client.
    if (move % 2 == 0) REQUIRE(BrokerWorld::Next(*consumer, topic, {.records = 1}) != nullptr);
    // At a marker: nothing of the first batches needs to be a record.
    const Offset from(1 + 2 * (move % 5));
    REQUIRE(consumer->Assign(topic, from).ok());
    Offset expected = from.Plus(1);
    Offset position = from;
    while (expected < Offset(20)) {
      // Without waiting, so that what is left of the assignment before comes first.
      const auto batch = BrokerWorld::Next(*consumer, topic, {.records = 2}, Duration(0));
      REQUIRE(batch != nullptr);
      REQUIRE(batch->next() > position);
      position = batch->next();
      for (const RecordView& record : batch->records()) {
        REQUIRE(record.offset == expected);
        expected = expected.Plus(2);
      }
      REQUIRE(position <= expected);
    }
  }
}

TEST_CASE("a reader that waits at the end passes an aborted transaction without any record") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewProducer();
  world.Transact(*producer, topic, 3, End::kCommit);
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  Offset position;
  const auto read = [&] {
    const auto batch = BrokerWorld::Next(*consumer, topic);
    REQUIRE(batch != nullptr);
    position = batch->next();
    return batch->records().size();
  };
  std::size_t records = 0;
  while (position < Offset(4)) records += read();
  CHECK(records == 3);
  CHECK(position == Offset(4));
  world.Transact(*producer, topic, 5, End::kAbort);
  const PartitionEnds ends = world.Ends(topic);
  REQUIRE(ends.high_watermark == Offset(10));
  records = 0;
  while (position < ends.high_watermark) records += read();
  CHECK(records == 0);
  CHECK(position == ends.high_watermark);
}

TEST_CASE("a client that is connected reads a topic that is new to it at once") {
  constexpr int kTopics = 6;
  // Each would wait for the next of the looks that the client takes once a second.
  constexpr Duration kLongest{kTopics * 500};
  BrokerWorld world;
  std::vector<TopicPartition> topics;
  for (int i = 0; i < kTopics; ++i) world.AppendNumbers(topics.emplace_back(world.NewTopic()), 1);
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  const auto read = [&](const TopicPartition& topic) {
    REQUIRE(consumer->Assign(topic, Offset(0)).ok());
    REQUIRE(BrokerWorld::Next(*consumer, topic, {}) != nullptr);
  };
  read(topics.back());
  const SteadyClock clock;
  const MonotonicTime begun = clock.Now();
  for (const TopicPartition& topic : topics) read(topic);
  CHECK(clock.Now() - begun < kLongest);
}

TEST_CASE("a record far larger than a fetch request arrives, and those around it") {
  BrokerWorld world;
  const auto topic = world.NewTopic({{"max.message.bytes", "8388608"}});
  Random random(1);
  std::string large(4'000'000, '\0');
  for (char& byte : large) byte = static_cast<char>(random.Next());
  const auto producer = world.NewPlainProducer();
  for (const std::string_view value :
       {std::string_view("before"), std::string_view(large), std::string_view("after")}) {
    REQUIRE(
        producer->Produce({.topic = topic.topic, .partition = topic.partition, .value = value}, {})
            .ok());
    REQUIRE(producer->Flush(BrokerWorld::kLong).ok());
  }
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  std::vector<std::string> values;
  while (values.size() < 3) {
    const auto batch = BrokerWorld::Next(*consumer, topic);
    REQUIRE(batch != nullptr);
    for (const RecordView& record : batch->records()) values.emplace_back(*record.value);
  }
  CHECK(values == std::vector<std::string>{"before", large, "after"});
}

TEST_CASE("a batch ends with the record that reaches its bytes") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto producer = world.NewPlainProducer();
  const std::string value(1'000, 'x');
  for (int i = 0; i < 100; ++i) {
    REQUIRE(
        producer->Produce({.topic = topic.topic, .partition = topic.partition, .value = value}, {})
            .ok());
  }
  REQUIRE(producer->Flush(BrokerWorld::kLong).ok());
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  Offset position;
  while (position < Offset(100)) {
    const auto batch = BrokerWorld::Next(*consumer, topic, {.records = 1'000, .bytes = 9'500});
    REQUIRE(batch != nullptr);
    CHECK(batch->records().size() <= 10);
    position = batch->next();
  }
}

TEST_CASE("batches keep their records while later ones reuse the memory of others") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  constexpr int kRecords = 5'000;
  world.AppendNumbers(topic, kRecords);
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  std::vector<std::unique_ptr<FetchedBatch>> held;
  Offset position;
  for (int i = 0; position < Offset(kRecords); ++i) {
    auto batch = BrokerWorld::Next(*consumer, topic, {.records = 100});
    REQUIRE(batch != nullptr);
    position = batch->next();
    if (i % 3 == 0) held.push_back(std::move(batch));
  }
  for (const auto& batch : held) {
    for (const RecordView& record : batch->records()) {
      REQUIRE(record.value == std::to_string(record.offset.value()));
    }
  }
}

TEST_CASE("a topic that is not there stays the answer") {
  BrokerWorld world;
  const TopicPartition missing{BrokerWorld::Unique("missing"), Partition(0)};
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(missing, Offset(0)).ok());
  REQUIRE(BrokerWorld::WaitUntil([&] {
    return consumer->Fetch(missing, {}, BrokerWorld::kStep).error == LogError::kUnknownTopic;
  }));
  for (int i = 0; i < 3; ++i) {
    CHECK(consumer->Fetch(missing, {}, BrokerWorld::kStep).error == LogError::kUnknownTopic);
  }
}

TEST_CASE("an offset that no log has is out of range") {
  BrokerWorld world;
  const auto topic = world.NewTopic();
  const auto consumer = world.log().NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(topic, Offset(-1)).ok());
  CHECK(consumer->Fetch(topic, {}, BrokerWorld::kStep).error == LogError::kOutOfRange);
}

}  // namespace
}  // namespace tidemark
