// Transactions as an outside client sees them: atomicity, isolation, fencing, timeouts, refusals.
#include <catch2/catch.hpp>

#include "base/random.h"
#include "conformance/log_steps.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;
using Offsets = std::vector<std::int64_t>;

TEST_CASE("a commit makes its records readable and takes one more offset for its marker") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"a", "b", "c"});
  CHECK(producer->end_transaction_requests() == 1);
  on.CommitValues(*producer, topic, {"d"});
  const auto read = on.ReadCommitted(topic);
  CHECK(read.Values() == Values{"a", "b", "c", "d"});
  CHECK(read.Offsets() == Offsets{0, 1, 2, 4});
  CHECK(read.position == Offset(6));
  CHECK(on.Ends(topic).high_watermark == Offset(6));
  CHECK(on.Ends(topic).last_stable == Offset(6));
}

TEST_CASE("an empty transaction sends no EndTxn and writes no marker") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"a"});
  on.CommitValues(*producer, topic, {});
  CHECK(producer->end_transaction_requests() == 0);
  on.Begin(*producer);
  on.Abort(*producer);
  CHECK(producer->end_transaction_requests() == 0);
  CHECK(on.Ends(topic).high_watermark == Offset(2));
}

TEST_CASE("aborted records are never read committed, and the position passes them") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"before"});
  on.Begin(*producer);
  on.Send(*producer, topic, "aborted 1");
  on.Send(*producer, topic, "aborted 2");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(4); }));
  on.Abort(*producer);
  CHECK(on.ReadCommitted(topic).position == on.Ends(topic).high_watermark);
  on.CommitValues(*producer, topic, {"after"});
  CHECK(on.ReadCommitted(topic).Values() == Values{"before", "after"});
  CHECK(on.ReadUncommitted(topic).Values() == Values{"before", "aborted 1", "aborted 2", "after"});
}

TEST_CASE("reading may start at a marker and inside aborted records") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto aborting = on.NewProducer(on.UniqueName("aborting"));
  const auto committing = on.NewProducer(on.UniqueName("committing"));
  on.CommitValues(*committing, topic, {"first"});
  on.Begin(*aborting);
  on.Send(*aborting, topic, "aborted 1");
  on.Send(*aborting, topic, "aborted 2");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(4); }));
  on.Abort(*aborting);
  on.CommitValues(*committing, topic, {"second", "third"});
  const Offset commit_marker(1), aborted(3), abort_marker(4), third(6);
  CHECK(on.ReadCommitted(topic, commit_marker).Values() == Values{"second", "third"});
  CHECK(on.ReadCommitted(topic, aborted).Values() == Values{"second", "third"});
  CHECK(on.ReadCommitted(topic, abort_marker).Values() == Values{"second", "third"});
  CHECK(on.ReadCommitted(topic, third).Values() == Values{"third"});
  const Offset end = on.Ends(topic).high_watermark;
  CHECK(on.ReadCommitted(topic, end.Plus(-1)).position == end);
  CHECK(on.ReadCommitted(topic, end.Plus(-1)).Values().empty());
}

TEST_CASE("an open transaction is read uncommitted only, and holds the last stable offset") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, topic, {"a"});
  on.Begin(*producer);
  on.Send(*producer, topic, "open");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(3); }));
  CHECK(on.Ends(topic).last_stable == Offset(2));
  CHECK(on.ReadCommitted(topic).Values() == Values{"a"});
  CHECK(on.ReadUncommitted(topic).Values() == Values{"a", "open"});
  on.Commit(*producer);
  CHECK(on.Ends(topic).last_stable == Offset(4));
}

TEST_CASE("an open transaction hides what others commit behind it until it ends") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto slow = on.NewProducer(on.UniqueName("slow"));
  const auto fast = on.NewProducer(on.UniqueName("fast"));
  on.Begin(*slow);
  on.Send(*slow, topic, "slow");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(1); }));
  on.CommitValues(*fast, topic, {"fast"});
  CHECK(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(3); }));
  CHECK(on.Ends(topic).last_stable == Offset(0));
  CHECK(on.ReadCommitted(topic).Values().empty());
  const auto waiting = on.Assigned(topic, Offset(0));
  SECTION("by a commit") {
    on.Commit(*slow);
    CHECK(on.ReadCommitted(topic).Values() == Values{"slow", "fast"});
  }
  SECTION("by an abort") {
    on.Abort(*slow);
    CHECK(on.ReadCommitted(topic).Values() == Values{"fast"});
  }
  CHECK(on.NextBatch(*waiting, topic) != nullptr);
  CHECK(on.Ends(topic).last_stable == Offset(4));
}

TEST_CASE("a committed reader between the last stable offset and the high watermark waits") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  on.Send(*producer, topic, "a");
  on.Send(*producer, topic, "b");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(2); }));
  const auto consumer = on.Assigned(topic, Offset(1));
  const auto early = consumer->Fetch(topic, {}, kCallTimeout);
  REQUIRE(early.ok());
  CHECK(*early.value == nullptr);
  on.Commit(*producer);
  const auto batch = on.NextBatch(*consumer, topic);
  REQUIRE(batch != nullptr);
  REQUIRE(batch->records().size() == 1);
  CHECK(batch->records()[0].value == "b");
}

TEST_CASE("a transaction is atomic over topics and marks only the partitions it touched") {
  LogSteps on;
  const auto one = on.NewTopic(2);
  const auto two = on.NewTopic();
  const TopicPartition untouched{one.topic, Partition(1)};
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  on.Send(*producer, one, "one");
  on.Send(*producer, two, "two");
  on.Abort(*producer);
  on.Begin(*producer);
  on.Send(*producer, one, "one");
  on.Send(*producer, two, "two");
  on.Commit(*producer);
  CHECK(on.ReadCommitted(one).Values() == Values{"one"});
  CHECK(on.ReadCommitted(two).Values() == Values{"two"});
  CHECK(on.Ends(untouched).high_watermark == Offset(0));
}

TEST_CASE("a transaction leaves no marker where only an earlier one of its producer wrote") {
  LogSteps on;
  const auto earlier = on.NewTopic(2);
  const TopicPartition later{earlier.topic, Partition(1)};
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.CommitValues(*producer, earlier, {"a"});
  on.CommitValues(*producer, later, {"b"});
  CHECK(on.Ends(earlier).high_watermark == Offset(2));
  CHECK(on.Ends(later).high_watermark == Offset(2));
}

TEST_CASE("a successor aborts its predecessor's open transaction, whose commit is then fenced") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::string id = on.UniqueName("id");
  const auto zombie = on.NewProducer(id);
  on.CommitValues(*zombie, topic, {"kept"});
  on.Begin(*zombie);
  on.Send(*zombie, topic, "lost");
  REQUIRE(on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == Offset(3); }));
  const auto successor = on.NewProducer(id);
  const PartitionEnds ends = on.Ends(topic);
  CHECK(ends.last_stable == ends.high_watermark);
  CHECK(on.TryCommit(*zombie).error == LogError::kFenced);
  on.CommitValues(*successor, topic, {"new"});
  CHECK(on.ReadCommitted(topic).Values() == Values{"kept", "new"});
}

TEST_CASE("a zombie that begins after it was replaced writes nothing and is fenced") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const std::string id = on.UniqueName("id");
  const auto zombie = on.NewProducer(id);
  const auto successor = on.NewProducer(id);
  on.Begin(*zombie);
  const LogError sent = on.TrySend(*zombie, topic, "zombie").error;
  CHECK((sent == LogError::kNone || sent == LogError::kFenced));
  CHECK(on.TryCommit(*zombie).error == LogError::kFenced);
  on.CommitValues(*successor, topic, {"successor"});
  CHECK(on.ReadUncommitted(topic).Values() == Values{"successor"});
}

TEST_CASE("initialising one transactional id leaves another one's transaction alone") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  on.Send(*producer, topic, "a");
  const auto other = on.NewProducer(on.UniqueName("other"));
  on.Commit(*producer);
  CHECK(on.ReadCommitted(topic).Values() == Values{"a"});
}

TEST_CASE("a transaction that outlives its timeout is aborted and its producer fenced") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto producer = on.NewProducer(on.UniqueName("id"), Duration(1'000));
  on.Begin(*producer);
  on.Send(*producer, topic, "too slow");
  const auto aborted = [&] {
    const PartitionEnds ends = on.Ends(topic);
    return ends.high_watermark == Offset(2) && ends.last_stable == Offset(2);
  };
  REQUIRE(on.fixture().WaitUntil(aborted));
  CHECK(on.TryCommit(*producer).error == LogError::kFenced);
  CHECK(on.ReadCommitted(topic).Values().empty());
}

TEST_CASE("transactions of two producers interleave in a partition without mixing") {
  LogSteps on;
  const auto topic = on.NewTopic();
  const auto kept = on.NewProducer(on.UniqueName("kept"));
  const auto dropped = on.NewProducer(on.UniqueName("dropped"));
  on.Begin(*kept);
  on.Begin(*dropped);
  for (const char* number : {"1", "2", "3"}) {
    const Offset before = on.Ends(topic).high_watermark;
    on.Send(*kept, topic, "kept " + std::string(number));
    on.Send(*dropped, topic, "dropped " + std::string(number));
    REQUIRE(
        on.fixture().WaitUntil([&] { return on.Ends(topic).high_watermark == before.Plus(2); }));
  }
  on.Abort(*dropped);
  on.Commit(*kept);
  CHECK(on.ReadCommitted(topic).Values() == Values{"kept 1", "kept 2", "kept 3"});
}

LogError FirstError(LogSteps& on, Producer& producer, const LogStatus& sent) {
  return sent.ok() ? on.TryCommit(producer).error : sent.error;
}

// What the broker measures is what a client made of it by compression.
std::string Incompressible(std::size_t size) {
  Random random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
  return bytes;
}

TEST_CASE("a record the broker refuses fails its transaction and no other") {
  LogSteps on;
  const auto topic = on.NewTopic(1, {{"max.message.bytes", "1000"}});
  const auto compacted = on.NewTopic(1, {{"cleanup.policy", "compact"}});
  const auto producer = on.NewProducer(on.UniqueName("id"));
  on.Begin(*producer);
  on.Send(*producer, topic, "dropped with it");
  LogStatus sent;
  LogError expected = LogError::kNone;
  SECTION("because it is too large") {
    sent = on.TrySend(*producer, topic, Incompressible(2'000));
    expected = LogError::kRecordTooLarge;
  }
  SECTION("because there is no such topic") {
    sent = on.TrySend(*producer, {on.UniqueName("missing"), Partition(0)}, "x");
    expected = LogError::kUnknownTopic;
  }
  SECTION("because there is no such partition") {
    sent = on.TrySend(*producer, {topic.topic, Partition(7)}, "x");
    expected = LogError::kUnknownTopic;
  }
  SECTION("because it has no key on a compacted topic") {
    sent = producer->Produce({.topic = compacted.topic, .partition = Partition(0), .value = "x"});
    expected = LogError::kInvalid;
  }
  CHECK(FirstError(on, *producer, sent) == expected);
  CHECK(on.TryCommit(*producer).error == expected);
  CHECK(IsRecordPermanent(expected));
  on.Abort(*producer);
  // A client may notice only now that the refused record left a gap in its partition's sequence.
  on.Begin(*producer);
  on.Send(*producer, topic, "fine");
  const LogError next = on.TryCommit(*producer).error;
  CHECK((next == LogError::kNone || next == LogError::kAbortable));
  if (next == LogError::kAbortable) {
    on.Abort(*producer);
    on.CommitValues(*producer, topic, {"fine"});
  }
  CHECK(on.ReadCommitted(topic).Values() == Values{"fine"});
}

TEST_CASE("calls out of turn are conflicts") {
  LogSteps on;
  const auto topic = on.NewTopic();
  auto raw = on.log().NewProducer({.transactional_id = on.UniqueName("raw")});
  CHECK(raw->Begin().error == LogError::kConflict);
  const auto producer = on.NewProducer(on.UniqueName("id"));
  CHECK(on.TrySend(*producer, topic, "x").error == LogError::kConflict);
  CHECK(on.TryCommit(*producer).error == LogError::kConflict);
  CHECK(on.TryAbort(*producer).error == LogError::kConflict);
  on.Begin(*producer);
  CHECK(producer->Begin().error == LogError::kConflict);
  on.Send(*producer, topic, "still fine");
  on.Commit(*producer);
  CHECK(on.ReadCommitted(topic).Values() == Values{"still fine"});
}

}  // namespace
}  // namespace tidemark
