// Records and positions as a consumer sees them.
#include <catch2/catch.hpp>

#include "conformance/log_steps.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;
using Offsets = std::vector<std::int64_t>;

TEST_CASE("headers keep their order, repeated names, null and empty values, and any bytes") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::string binary("\0\xff\n", 3);
  const std::vector<HeaderView> headers = {{"name", "first"},
                                           {"null", std::nullopt},
                                           {"name", "second"},
                                           {"empty", ""},
                                           {"binary", binary}};
  const std::vector<HeaderCopy> expected = {{"name", "first"},
                                            {"null", std::nullopt},
                                            {"name", "second"},
                                            {"empty", ""},
                                            {"binary", binary}};
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  REQUIRE(producer
              ->Produce({.topic = topic.topic,
                         .partition = topic.partition,
                         .key = "k",
                         .value = "v",
                         .headers = headers})
              .ok());
  on.Send(*producer, topic, "without");
  on.Commit(*producer);
  REQUIRE(on.fixture().Append(topic, {.key = "k", .value = "v", .headers = headers}).ok());
  const auto read = on.ReadCommitted(topic);
  REQUIRE(read.records.size() == 3);
  CHECK(read.records[0].headers == expected);
  CHECK(read.records[1].headers.empty());
  CHECK(read.records[2].headers == expected);
}

TEST_CASE("a null key or value is not an empty one") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  const auto produce = [&](std::optional<std::string_view> key,
                           std::optional<std::string_view> value) {
    REQUIRE(
        producer
            ->Produce(
                {.topic = topic.topic, .partition = topic.partition, .key = key, .value = value})
            .ok());
  };
  produce(std::nullopt, "");
  produce("", std::nullopt);
  produce(std::nullopt, std::nullopt);
  on.Commit(*producer);
  const auto read = on.ReadCommitted(topic);
  REQUIRE(read.records.size() == 3);
  CHECK(read.records[0].key == std::nullopt);
  CHECK(read.records[0].value == "");
  CHECK(read.records[1].key == "");
  CHECK(read.records[1].value == std::nullopt);
  CHECK(read.records[2].key == std::nullopt);
  CHECK(read.records[2].value == std::nullopt);
}

TEST_CASE("a record without explicit partition goes where Kafka's Java client puts its key") {
  LogSteps on;
  constexpr std::int32_t kPartitions = 5;
  const auto topic = on.NewTopic(kPartitions);
  const auto producer = on.NewProducer(on.UniqueName("id"));
  for (const std::string key : {"", "21", "foobar", "a-little-bit-long-string"}) {
    const TopicPartition home{topic.topic, PartitionOfKey(key, kPartitions)};
    const Offset before = on.Ends(home).high_watermark;
    on.Begin(*producer);
    REQUIRE(producer->Produce({.topic = topic.topic, .key = key, .value = "v"}).ok());
    on.Commit(*producer);
    const auto read = on.ReadCommitted(home, before);
    REQUIRE(read.records.size() == 1);
    CHECK(read.records[0].key == key);
  }
}

TEST_CASE("plain records are readable at once and interleave with transactions") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  CHECK(on.Append(topic, "k", "plain 1") == Offset(0));
  on.CommitValues(*producer, topic, {"committed"});
  CHECK(on.Append(topic, "k", "plain 2") == Offset(3));
  CHECK(on.ReadCommitted(topic).Values() == Values{"plain 1", "committed", "plain 2"});
}

TEST_CASE("fetches stay within their limits and miss nothing between them") {
  LogSteps on;
  const auto topic = on.NewTopic();
  Values expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("value " + std::to_string(i));
    on.Append(topic, "k", expected.back());
  }
  const auto consumer = on.Assigned(topic, Offset(0));
  Values values;
  Offset position;
  while (position < Offset(50)) {
    const auto batch = on.NextBatch(*consumer, topic, {.records = 7});
    REQUIRE(batch != nullptr);
    REQUIRE(batch->records().size() <= 7);
    for (const RecordView& view : batch->records()) values.emplace_back(*view.value);
    position = batch->next();
  }
  CHECK(values == expected);
}

TEST_CASE("a record larger than the fetch's bytes still arrives") {
  LogSteps on;
  const auto topic = on.NewTopic();
  on.Append(topic, "k", std::string(10'000, 'x'));
  on.Append(topic, "k", "small");
  const auto consumer = on.Assigned(topic, Offset(0));
  const auto batch = on.NextBatch(*consumer, topic, {.records = 1, .bytes = 100});
  REQUIRE(batch != nullptr);
  REQUIRE(batch->records().size() == 1);
  CHECK(batch->records()[0].value->size() == 10'000);
  CHECK(batch->next() == Offset(1));
}

TEST_CASE("the views of a batch outlive later fetches, deletion of its records and its consumer") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::vector<HeaderView> headers = {{"name", "header"}};
  REQUIRE(on.fixture().Append(topic, {.key = "k", .value = "first", .headers = headers}).ok());
  auto consumer = on.Assigned(topic, Offset(0));
  const auto batch = on.NextBatch(*consumer, topic);
  REQUIRE(batch != nullptr);
  for (int i = 0; i < 100; ++i) on.Append(topic, "k", "later");
  REQUIRE(on.NextBatch(*consumer, topic) != nullptr);
  REQUIRE(on.admin().DeleteRecords(topic, Offset(101), kAdminTimeout).ok());
  consumer.reset();
  REQUIRE(batch->records().size() == 1);
  const ReadRecord record = CopyOf(batch->records()[0]);
  CHECK(record.key == "k");
  CHECK(record.value == "first");
  CHECK(record.headers == std::vector<HeaderCopy>{{"name", "header"}});
}

TEST_CASE("partitions of a consumer are independent: one that is not fetched holds no other") {
  LogSteps on;
  const auto first = on.NewTopic(2);
  const TopicPartition second{first.topic, Partition(1)};
  for (int i = 0; i < 5; ++i) on.Append(first, "k", "first");
  on.Append(second, "k", "second");
  const auto consumer = on.Assigned(first, Offset(0));
  REQUIRE(consumer->Assign(second, Offset(0)).ok());
  const auto batch = on.NextBatch(*consumer, second);
  REQUIRE(batch != nullptr);
  CHECK(batch->records()[0].value == "second");
  const auto held = on.NextBatch(*consumer, first, {.records = 5});
  REQUIRE(held != nullptr);
  CHECK(held->records()[0].offset == Offset(0));
}

TEST_CASE("two consumers of a partition have their own positions") {
  LogSteps on;
  const auto topic = on.NewTopic();
  for (const char* value : {"a", "b", "c"}) on.Append(topic, "k", value);
  const auto one = on.Assigned(topic, Offset(0));
  const auto two = on.Assigned(topic, Offset(2));
  const auto first = on.NextBatch(*one, topic, {.records = 1});
  const auto last = on.NextBatch(*two, topic, {.records = 1});
  const auto second = on.NextBatch(*one, topic, {.records = 1});
  REQUIRE(first != nullptr);
  REQUIRE(last != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->records()[0].value == "a");
  CHECK(second->records()[0].value == "b");
  CHECK(last->records()[0].value == "c");
}

TEST_CASE("assigning again moves the position, and an unassigned partition is not fetched") {
  LogSteps on;
  const auto topic = on.NewTopic();
  for (const char* value : {"a", "b", "c"}) on.Append(topic, "k", value);
  const auto consumer = on.Assigned(topic, Offset(0));
  REQUIRE(on.NextBatch(*consumer, topic) != nullptr);
  REQUIRE(consumer->Assign(topic, Offset(1)).ok());
  const auto batch = on.NextBatch(*consumer, topic);
  REQUIRE(batch != nullptr);
  CHECK(batch->records()[0].value == "b");
  consumer->Unassign(topic);
  CHECK(consumer->Fetch(topic, {}, kCallTimeout).error == LogError::kConflict);
}

TEST_CASE("at the end there is nothing to fetch until something comes") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto consumer = on.Assigned(topic, Offset(0));
  const auto early = consumer->Fetch(topic, {}, kCallTimeout);
  REQUIRE(early.ok());
  CHECK(*early.value == nullptr);
  on.Append(topic, "k", "late");
  const auto batch = on.NextBatch(*consumer, topic);
  REQUIRE(batch != nullptr);
  CHECK(batch->records()[0].value == "late");
}

TEST_CASE("a position beyond the end is out of range, and the assignment is lost") {
  LogSteps on;
  const auto topic = on.NewTopic();
  on.Append(topic, "k", "a");
  const auto consumer = on.Assigned(topic, Offset(2));
  CHECK(on.FetchError(*consumer, topic) == LogError::kOutOfRange);
  CHECK(consumer->Fetch(topic, {}, kCallTimeout).error == LogError::kConflict);
}

TEST_CASE("a position below the log start is out of range, and the assignment is lost") {
  LogSteps on;
  const auto topic = on.NewTopic();
  for (const char* value : {"a", "b", "c"}) on.Append(topic, "k", value);
  REQUIRE(on.admin().DeleteRecords(topic, Offset(2), kAdminTimeout).ok());
  const auto consumer = on.Assigned(topic, Offset(1));
  CHECK(on.FetchError(*consumer, topic) == LogError::kOutOfRange);
  CHECK(consumer->Fetch(topic, {}, kCallTimeout).error == LogError::kConflict);
  CHECK(on.ReadCommitted(topic, Offset(2)).Values() == Values{"c"});
}

TEST_CASE("fetching from a topic that is not there says so") {
  LogSteps on;
  const TopicPartition missing{on.UniqueName("missing"), Partition(0)};
  const auto consumer = on.Assigned(missing, Offset(0));
  CHECK(on.FetchError(*consumer, missing) == LogError::kUnknownTopic);
}

}  // namespace
}  // namespace tidemark
