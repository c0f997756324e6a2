// Topics, their configs, deletion of records, time, compaction and group offsets.
#include <catch2/catch.hpp>

#include "conformance/log_steps.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;
using Offsets = std::vector<std::int64_t>;

TEST_CASE("a topic is described with its partitions, its configs and Kafka's defaults") {
  LogSteps on;
  const auto topic = on.NewTopic(3, {{"retention.ms", "-1"}});
  const auto described = on.admin().DescribeTopic(topic.topic, kAdminTimeout);
  REQUIRE(described.ok());
  CHECK(described.value->partitions == 3);
  const auto& configs = described.value->configs;
  CHECK(configs.at("retention.ms") == "-1");
  CHECK(configs.at("cleanup.policy") == "delete");
  CHECK(configs.at("retention.bytes") == "-1");
  CHECK(configs.at("max.message.bytes") == "1048588");
  CHECK(configs.at("message.timestamp.type") == "CreateTime");
  CHECK(configs.at("message.timestamp.after.max.ms") == "3600000");
  CHECK(configs.at("message.timestamp.before.max.ms") == "9223372036854775807");
  CHECK(configs.at("delete.retention.ms") == "86400000");
}

TEST_CASE("a topic is created once, and a deleted one is gone") {
  LogSteps on;
  const auto topic = on.NewTopic();
  Admin& admin = on.admin();
  CHECK(admin.CreateTopic({.name = topic.topic}, kAdminTimeout).error == LogError::kTopicExists);
  REQUIRE(admin.DeleteTopic(topic.topic, kAdminTimeout).ok());
  CHECK(on.fixture().WaitUntil([&] {
    return admin.DescribeTopic(topic.topic, kAdminTimeout).error == LogError::kUnknownTopic;
  }));
  CHECK(admin.Ends(topic, kAdminTimeout).error == LogError::kUnknownTopic);
  CHECK(admin.DeleteTopic(topic.topic, kAdminTimeout).error == LogError::kUnknownTopic);
}

TEST_CASE("calls about an unknown partition say so") {
  LogSteps on;
  Admin& admin = on.admin();
  const TopicPartition missing{on.NewTopic(2).topic, Partition(2)};
  CHECK(admin.Ends(missing, kAdminTimeout).error == LogError::kUnknownTopic);
  CHECK(admin.OffsetForTime(missing, 0, kAdminTimeout).error == LogError::kUnknownTopic);
  const LogStatus deleted = admin.DeleteRecords(missing, Offset(0), kAdminTimeout);
  INFO(deleted.message);
  CHECK(deleted.error == LogError::kUnknownTopic);
}

TEST_CASE("a topic that Kafka would not create is refused") {
  LogSteps on;
  TopicSpec spec{.name = on.UniqueName("topic")};
  SECTION("for an unknown config") { spec.configs["retention.minutes"] = "5"; }
  SECTION("for a value that is no number") { spec.configs["retention.ms"] = "a day"; }
  SECTION("for a number out of bounds") { spec.configs["retention.ms"] = "-2"; }
  SECTION("for an unknown word") { spec.configs["message.timestamp.type"] = "createtime"; }
  SECTION("for an unknown word in a list") { spec.configs["cleanup.policy"] = "compact,drop"; }
  SECTION("for no partitions") { spec.partitions = 0; }
  SECTION("for its name") { spec.name += "/x"; }
  SECTION("for an overlong name") { spec.name = std::string(250, 'x'); }
  CHECK(on.admin().CreateTopic(spec, kAdminTimeout).error == LogError::kInvalid);
}

TEST_CASE("DeleteRecords moves the log start and leaves every later offset as it was") {
  LogSteps on;
  const auto topic = on.NewTopic();
  for (const char* value : {"a", "b", "c", "d"}) on.Append(topic, "k", value);
  REQUIRE(on.admin().DeleteRecords(topic, Offset(2), kAdminTimeout).ok());
  CHECK(on.Ends(topic).log_start == Offset(2));
  CHECK(on.Ends(topic).high_watermark == Offset(4));
  CHECK(on.ReadCommitted(topic, Offset(2)).Offsets() == Offsets{2, 3});
  SECTION("and never moves it back") {
    CHECK(on.admin().DeleteRecords(topic, Offset(1), kAdminTimeout).ok());
    CHECK(on.Ends(topic).log_start == Offset(2));
  }
  SECTION("and refuses to go beyond the high watermark") {
    CHECK(on.admin().DeleteRecords(topic, Offset(5), kAdminTimeout).error == LogError::kOutOfRange);
    CHECK(on.Ends(topic).log_start == Offset(2));
  }
  SECTION("up to the end, where writing goes on") {
    REQUIRE(on.admin().DeleteRecords(topic, Offset(4), kAdminTimeout).ok());
    CHECK(on.Append(topic, "k", "e") == Offset(4));
    CHECK(on.ReadCommitted(topic, Offset(4)).Values() == Values{"e"});
  }
}

TEST_CASE("a time is found at its first record, and past the last one at the high watermark") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::int64_t base = on.fixture().WallMs() - 100'000;
  on.AppendAt(topic, "a", base);
  on.AppendAt(topic, "b", base + 30);
  on.AppendAt(topic, "out of order", base + 10);
  on.AppendAt(topic, "c", base + 40);
  const auto find = [&](std::int64_t time_ms) {
    const auto found = on.admin().OffsetForTime(topic, time_ms, kAdminTimeout);
    REQUIRE(found.ok());
    return found.value->value();
  };
  CHECK(find(base - 1) == 0);
  CHECK(find(base) == 0);
  CHECK(find(base + 1) == 1);
  CHECK(find(base + 30) == 1);
  CHECK(find(base + 31) == 3);
  CHECK(find(base + 41) == 4);
  REQUIRE(on.admin().DeleteRecords(topic, Offset(2), kAdminTimeout).ok());
  CHECK(find(base - 1) == 2);
}

TEST_CASE("a CreateTime topic keeps the producer's timestamp, a LogAppendTime topic its own") {
  LogSteps on;
  const auto create = on.NewTopic();
  const auto append = on.NewTopic(1, {{"message.timestamp.type", "LogAppendTime"}});
  const std::int64_t now = on.fixture().WallMs();
  const std::int64_t old = now - 86'400'000;
  on.AppendAt(create, "x", old);
  on.AppendAt(append, "x", old);
  CHECK(on.ReadCommitted(create).records.at(0).timestamp_ms == old);
  constexpr std::int64_t kSlack = 10'000;
  CHECK(on.ReadCommitted(append).records.at(0).timestamp_ms >= now - kSlack);
}

TEST_CASE("a produced record carries the time of its writing") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::int64_t now = on.fixture().WallMs();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"x"});
  constexpr std::int64_t kSlack = 10'000;
  const std::int64_t time = on.ReadCommitted(topic).records.at(0).timestamp_ms;
  CHECK(time >= now - kSlack);
  CHECK(time <= on.fixture().WallMs() + kSlack);
}

TEST_CASE("a timestamp beyond message.timestamp.after.max.ms is refused on CreateTime only") {
  LogSteps on;
  constexpr std::int64_t kHour = 3'600'000;
  const auto by_default = on.NewTopic();
  const auto wide = on.NewTopic(1, {{"message.timestamp.after.max.ms", "86400000"}});
  const auto append = on.NewTopic(1, {{"message.timestamp.type", "LogAppendTime"}});
  const PlainRecord ahead{
      .key = "k", .value = "v", .timestamp_ms = on.fixture().WallMs() + 2 * kHour};
  CHECK(on.fixture().Append(by_default, ahead).error == LogError::kInvalidTimestamp);
  CHECK(on.fixture().Append(wide, ahead).ok());
  CHECK(on.fixture().Append(append, ahead).ok());
  CHECK(on.Ends(by_default).high_watermark == Offset(0));
}

TEST_CASE("a timestamp beyond message.timestamp.before.max.ms is refused") {
  LogSteps on;
  const auto topic = on.NewTopic(1, {{"message.timestamp.before.max.ms", "60000"}});
  const std::int64_t now = on.fixture().WallMs();
  const PlainRecord old{.key = "k", .value = "v", .timestamp_ms = now - 120'000};
  CHECK(on.fixture().Append(topic, old).error == LogError::kInvalidTimestamp);
  on.AppendAt(topic, "v", now - 30'000);
}

TEST_CASE("compaction keeps the last record of each key at its offset") {
  LogSteps on;
  const auto topic = on.CompactedTopic();
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"a", "a1"}, {"b", "b1"}, {"a", "a2"}, {"c", "c1"}, {"a", "a3"}, {"c", "c2"}}) {
    on.Append(topic, key, value);
  }
  REQUIRE(on.fixture().Compact(topic.topic).ok());
  const auto read = on.ReadCommitted(topic);
  CHECK(read.Values() == Values{"b1", "a3", "c2", "~"});
  CHECK(read.Offsets() == Offsets{1, 4, 5, 6});
  CHECK(on.Ends(topic).log_start == Offset(0));
  CHECK(on.Append(topic, "d", "d1") == Offset(7));
  CHECK(on.ReadCommitted(topic, Offset(2)).Values() == Values{"a3", "c2", "~", "d1"});
}

TEST_CASE("compaction replaces nothing by an aborted record and keeps a new tombstone") {
  LogSteps on;
  const auto topic = on.CompactedTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"committed"});
  on.Begin(*producer);
  on.Send(*producer, topic, "aborted");
  on.Abort(*producer);
  on.Append(topic, "other", "x");
  REQUIRE(on.fixture().Append(topic, {.key = "other"}).ok());
  REQUIRE(on.fixture().Compact(topic.topic).ok());
  CHECK(on.ReadCommitted(topic).Values() == Values{"committed", "(null)", "~"});
}

TEST_CASE("compaction stops at the first open transaction") {
  LogSteps on;
  const auto topic = on.CompactedTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Append(topic, "key", "1");
  on.Append(topic, "key", "2");
  REQUIRE(on.fixture().Compact(topic.topic).ok());
  on.Begin(*producer);
  on.Send(*producer, topic, "3");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(4); }));
  on.Append(topic, "key", "4");
  on.Append(topic, "key", "5");
  REQUIRE(on.fixture().Compact(topic.topic).ok());
  CHECK(on.ReadUncommitted(topic).Values() == Values{"2", "~", "3", "4", "5", "~"});
  on.Commit(*producer);
  CHECK(on.ReadCommitted(topic).Values() == Values{"2", "~", "3", "4", "5", "~"});
}

TEST_CASE("an aborted record behind an open transaction stays hidden over a compaction") {
  LogSteps on;
  const auto topic = on.CompactedTopic();
  const auto open = on.NewProducer(on.UniqueName("open"));
  const auto aborting = on.NewProducer(on.UniqueName("aborting"));
  on.Begin(*open);
  on.Send(*open, topic, "open");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(1); }));
  on.Begin(*aborting);
  on.Send(*aborting, topic, "aborted");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(2); }));
  on.Abort(*aborting);
  REQUIRE(on.fixture().Compact(topic.topic).ok());
  on.Commit(*open);
  CHECK(on.ReadCommitted(topic).Values() == Values{"open", "~"});
}

TEST_CASE("a group's offsets come back with their metadata, each partition by itself") {
  LogSteps on;
  const auto one = on.NewTopic(2);
  const TopicPartition two{one.topic, Partition(1)};
  const std::string group = on.UniqueName("group");
  Admin& admin = on.admin();
  const auto commit = [&](const TopicPartition& partition, Offset offset, std::string metadata) {
    return admin.CommitOffsets(group, {{partition, {offset, std::move(metadata)}}}, kAdminTimeout);
  };
  REQUIRE(commit(one, Offset(5), "first").ok());
  REQUIRE(commit(two, Offset(7), "").ok());
  REQUIRE(commit(one, Offset(6), "second").ok());
  const auto committed = admin.CommittedOffsets(group, kAdminTimeout);
  REQUIRE(committed.ok());
  REQUIRE(committed.value->size() == 2);
  CHECK(committed.value->at(one).offset == Offset(6));
  CHECK(committed.value->at(one).metadata == "second");
  CHECK(committed.value->at(two).offset == Offset(7));
  const auto none = admin.CommittedOffsets(on.UniqueName("group"), kAdminTimeout);
  REQUIRE(none.ok());
  CHECK(none.value->empty());
}

TEST_CASE("offset metadata above Kafka's 4096 bytes is refused") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::string group = on.UniqueName("group");
  const auto status = on.admin().CommitOffsets(
      group, {{topic, {Offset(1), std::string(4'097, 'x')}}}, kAdminTimeout);
  CHECK(status.error == LogError::kInvalid);
}

}  // namespace
}  // namespace tidemark
