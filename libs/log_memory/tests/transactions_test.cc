#include <catch2/catch.hpp>

#include "memory_world.h"

namespace tidemark {
namespace {

using State = DumpedRecord::State;
using Values = std::vector<std::string>;

std::vector<State> States(const std::vector<DumpedRecord>& dump) {
  std::vector<State> states;
  for (const DumpedRecord& record : dump) states.push_back(record.state);
  return states;
}

TEST_CASE("a dump tells plain, open, committed and aborted records and both markers apart") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Append("plain");
  world.Open(*producer, {"committed"});
  REQUIRE(producer->Commit(kTimeout).ok());
  world.Open(*producer, {"aborted"});
  REQUIRE(producer->Abort(kTimeout).ok());
  world.Open(*producer, {"open"});
  const auto dump = world.memory.Dump(world.topic);
  CHECK(States(dump) == std::vector{State::kPlain, State::kCommitted, State::kCommitMarker,
                                    State::kAborted, State::kAbortMarker, State::kOpen});
  CHECK(dump[1].transaction == dump[2].transaction);
  CHECK(dump[3].transaction == dump[4].transaction);
  CHECK(dump[1].transaction != dump[3].transaction);
  for (std::size_t i = 0; i < dump.size(); ++i) {
    CHECK(dump[i].offset == Offset(static_cast<std::int64_t>(i)));
  }
}

TEST_CASE("the timeout runs from the first record, not from Begin") {
  MemoryWorld world;
  const auto producer = world.NewProducer(*world.client, Duration(1'000));
  REQUIRE(producer->Begin().ok());
  world.clock.Advance(Duration(5'000));
  REQUIRE(world.Send(*producer, "a").ok());
  world.clock.Advance(Duration(999));
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"a"});
}

TEST_CASE("a timed-out producer is fenced in every call that needs the broker") {
  MemoryWorld world;
  const auto producer = world.NewProducer(*world.client, Duration(1'000));
  world.Open(*producer, {"a"});
  world.clock.Advance(Duration(1'000));
  CHECK(world.Send(*producer, "b").ok());
  SECTION("commit") { CHECK(producer->Commit(kTimeout).error == LogError::kFenced); }
  SECTION("abort") { CHECK(producer->Abort(kTimeout).error == LogError::kFenced); }
  CHECK(producer->Begin().error == LogError::kFenced);
  CHECK(world.Committed().empty());
  CHECK(world.memory.Dump(world.topic).size() == 2);
  const auto again = world.NewProducer();
  world.Open(*again, {"c"});
  CHECK(again->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"c"});
}

TEST_CASE("timeouts of several ids act in the order of their times") {
  MemoryWorld world;
  const auto slow =
      world.client->NewProducer({.transactional_id = "a", .transaction_timeout = Duration(2'000)});
  const auto fast =
      world.client->NewProducer({.transactional_id = "b", .transaction_timeout = Duration(1'000)});
  REQUIRE(slow->InitTransactions(kTimeout).ok());
  REQUIRE(fast->InitTransactions(kTimeout).ok());
  world.Open(*slow, {"slow"});
  world.Open(*fast, {"fast"});
  world.clock.Advance(Duration(10'000));
  const auto dump = world.memory.Dump(world.topic);
  REQUIRE(dump.size() == 4);
  CHECK(dump[2].transaction == dump[1].transaction);
  CHECK(dump[3].transaction == dump[0].transaction);
}

TEST_CASE("a broker refuses an empty id and a timeout above its maximum") {
  MemoryWorld world;
  const auto init = [&](std::string id, Duration timeout) {
    return world.client
        ->NewProducer({.transactional_id = std::move(id), .transaction_timeout = timeout})
        ->InitTransactions(kTimeout)
        .error;
  };
  CHECK(init("", Duration(1'000)) == LogError::kFatal);
  CHECK(init("id", Duration(900'001)) == LogError::kFatal);
  CHECK(init("id", Duration(0)) == LogError::kFatal);
  CHECK(init("id", Duration(900'000)) == LogError::kNone);
}

TEST_CASE("a refused record's partition is part of the transaction and gets its marker") {
  MemoryWorld world(Configs{{"max.message.bytes", "100"}});
  const auto producer = world.NewProducer();
  REQUIRE(producer->Begin().ok());
  REQUIRE(world.Send(*producer, std::string(100, 'x')).ok());
  CHECK(producer->Commit(kTimeout).error == LogError::kRecordTooLarge);
  CHECK(producer->Abort(kTimeout).ok());
  CHECK(States(world.memory.Dump(world.topic)) == std::vector{State::kAbortMarker});
}

TEST_CASE("a topic deleted and created again during a transaction gets nothing of it") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  const auto admin = world.client->NewAdmin();
  REQUIRE(admin->DeleteTopic("topic", kTimeout).ok());
  REQUIRE(admin->CreateTopic({.name = "topic"}, kTimeout).ok());
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(world.memory.Dump(world.topic).empty());
}

TEST_CASE("deleting records inside an open transaction moves the last stable offset along") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a", "b", "c"});
  REQUIRE(world.client->NewAdmin()->DeleteRecords(world.topic, Offset(2), kTimeout).ok());
  CHECK(world.Ends().log_start == Offset(2));
  CHECK(world.Ends().last_stable == Offset(2));
  CHECK(world.Committed().empty());
  REQUIRE(producer->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"c"});
}

TEST_CASE("handles and batches outlive the log and its clients") {
  auto clock = std::make_unique<ManualClock>();
  auto log = std::make_unique<MemoryLog>(*clock);
  auto client = log->NewClient("one");
  const TopicPartition topic{"topic", Partition(0)};
  REQUIRE(client->NewAdmin()->CreateTopic({.name = "topic"}, kTimeout).ok());
  REQUIRE(log->Append(topic, {.value = "a"}).ok());
  const auto consumer = client->NewConsumer(Isolation::kReadUncommitted);
  REQUIRE(consumer->Assign(topic, Offset(0)).ok());
  client.reset();
  log.reset();
  const auto batch = consumer->Fetch(topic, {}, kTimeout);
  REQUIRE(batch.ok());
  REQUIRE(*batch.value != nullptr);
  CHECK((*batch.value)->records()[0].value == "a");
}

}  // namespace
}  // namespace tidemark
