#include "log_memory/faults.h"

#include <catch2/catch.hpp>

#include "memory_world.h"

namespace tidemark {
namespace {

using Values = std::vector<std::string>;

TEST_CASE("a pending call has no effect until it is repeated, and other calls conflict") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kPending});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kPending);
  CHECK(world.Committed().empty());
  CHECK(producer->Abort(kTimeout).error == LogError::kConflict);
  CHECK(producer->Begin().error == LogError::kConflict);
  CHECK(world.Send(*producer, "b").error == LogError::kConflict);
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(producer->end_transaction_requests() == 1);
  CHECK(world.Committed() == Values{"a"});
}

TEST_CASE("a call may take effect before its answer comes") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kPendingAfterEffect});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kPending);
  CHECK(world.Committed() == Values{"a"});
  CHECK(producer->Begin().error == LogError::kConflict);
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(producer->end_transaction_requests() == 1);
  CHECK(world.Ends().high_watermark == Offset(2));
  CHECK(producer->Begin().ok());
}

TEST_CASE("a pending admin call and a pending initialisation are repeated too") {
  MemoryWorld world;
  OneFault create(LogCallKind::kCreateTopic, {FaultKind::kPending});
  world.client->SetFaults(&create);
  const auto admin = world.client->NewAdmin();
  CHECK(admin->CreateTopic({.name = "new"}, kTimeout).error == LogError::kPending);
  CHECK(admin->DescribeTopic("topic", kTimeout).error == LogError::kConflict);
  CHECK(admin->CreateTopic({.name = "new"}, kTimeout).ok());
  CHECK(admin->DescribeTopic("new", kTimeout).ok());

  OneFault initialise(LogCallKind::kInitTransactions, {FaultKind::kPendingAfterEffect});
  world.client->SetFaults(&initialise);
  const auto producer = world.client->NewProducer({.transactional_id = "id"});
  CHECK(producer->InitTransactions(kTimeout).error == LogError::kPending);
  CHECK(producer->Begin().error == LogError::kConflict);
  CHECK(producer->InitTransactions(kTimeout).ok());
  CHECK(producer->Begin().ok());
}

TEST_CASE("a retriable fetch keeps the position and the assignment") {
  MemoryWorld world;
  world.Append("a");
  const auto consumer = world.client->NewConsumer(Isolation::kReadCommitted);
  REQUIRE(consumer->Assign(world.topic, Offset(0)).ok());
  const FaultKind kind = GENERATE(FaultKind::kRetriable, FaultKind::kRetriableAfterEffect);
  OneFault fault(LogCallKind::kFetch, {kind});
  world.client->SetFaults(&fault);
  CHECK(consumer->Fetch(world.topic, {}, kTimeout).error == LogError::kRetriable);
  const auto batch = consumer->Fetch(world.topic, {}, kTimeout);
  REQUIRE(batch.ok());
  REQUIRE(*batch.value != nullptr);
  CHECK((*batch.value)->records()[0].value == "a");
}

TEST_CASE("a retriable admin call may have taken effect") {
  MemoryWorld world;
  OneFault fault(LogCallKind::kCreateTopic, {FaultKind::kRetriableAfterEffect});
  world.client->SetFaults(&fault);
  const auto admin = world.client->NewAdmin();
  CHECK(admin->CreateTopic({.name = "new"}, kTimeout).error == LogError::kRetriable);
  CHECK(admin->CreateTopic({.name = "new"}, kTimeout).error == LogError::kTopicExists);
}

TEST_CASE("a commit in doubt with effect is committed, though the producer is dead") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kFatalAfterEffect});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  CHECK(world.Committed() == Values{"a"});
  CHECK(producer->Begin().error == LogError::kFatal);
  CHECK(producer->Abort(kTimeout).error == LogError::kFatal);
  CHECK(world.memory.OpenTransactions().empty());
}

TEST_CASE("a commit in doubt without effect stays open until a successor aborts it") {
  MemoryWorld world;
  const FaultKind kind = GENERATE(FaultKind::kFatalWithoutEffect, FaultKind::kRetriable);
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {kind});
  world.client->SetFaults(&fault);
  CHECK_FALSE(producer->Commit(kTimeout).ok());
  CHECK_FALSE(producer->Commit(kTimeout).ok());
  CHECK_FALSE(producer->Abort(kTimeout).ok());
  CHECK(world.Ends().last_stable == Offset(0));
  CHECK(world.memory.OpenTransactions() == Values{"id"});
  const auto successor = world.NewProducer();
  CHECK(world.Ends().last_stable == world.Ends().high_watermark);
  CHECK(world.Committed().empty());
}

TEST_CASE("a commit request under way takes effect late unless a successor comes first") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kFatalLateEffect});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  CHECK(world.Committed().empty());
  SECTION("late") {
    world.clock.Advance(Duration(100));
    CHECK(world.Committed() == Values{"a"});
    CHECK(world.memory.refused_end_transactions() == 0);
  }
  SECTION("refused") {
    const auto successor = world.NewProducer();
    world.Open(*successor, {"b"});
    world.clock.Advance(Duration(100));
    CHECK(world.Committed().empty());
    CHECK(world.memory.refused_end_transactions() == 1);
    REQUIRE(successor->Abort(kTimeout).ok());
    CHECK(world.Committed().empty());
  }
}

TEST_CASE("a decided transaction is completed as decided by whoever comes first") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kFatalDecided});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  CHECK(world.Ends().last_stable == Offset(0));
  SECTION("a successor") { const auto successor = world.NewProducer(); }
  SECTION("time") { world.clock.Advance(Duration(100)); }
  CHECK(world.Committed() == Values{"a"});
  CHECK(world.Ends().last_stable == Offset(2));
}

TEST_CASE("markers may be late after a successful commit, but not later than the next record") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kLateMarkers});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(world.Committed().empty());
  world.Open(*producer, {"b"});
  CHECK(world.Committed() == Values{"a"});
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"a", "b"});
}

TEST_CASE("a delayed EndTxn commits the first half of the producer's next transaction") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit,
                 {FaultKind::kDelayedEndTransaction, /*delayed_past_records=*/2});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(producer->end_transaction_requests() == 2);
  CHECK(world.Committed() == Values{"a"});
  world.Open(*producer, {"b", "c", "d"});
  CHECK(producer->end_transaction_requests() == 0);
  CHECK(world.Committed() == Values{"a", "b", "c"});
  SECTION("and the producer commits only the rest") {
    CHECK(producer->Commit(kTimeout).ok());
    CHECK(world.Committed() == Values{"a", "b", "c", "d"});
  }
  SECTION("though the producer aborts it") {
    CHECK(producer->Abort(kTimeout).ok());
    CHECK(world.Committed() == Values{"a", "b", "c"});
  }
}

TEST_CASE("a delayed EndTxn arrives at the latest with the end of the next transaction") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit,
                 {FaultKind::kDelayedEndTransaction, /*delayed_past_records=*/9});
  world.client->SetFaults(&fault);
  REQUIRE(producer->Commit(kTimeout).ok());
  world.Open(*producer, {"b"});
  SECTION("before a commit, which then finds it done") {
    CHECK(producer->Commit(kTimeout).ok());
    CHECK(world.Ends().high_watermark == Offset(4));
  }
  SECTION("before an abort, which then does not fit") {
    CHECK(producer->Abort(kTimeout).error == LogError::kFatal);
  }
  CHECK(world.Committed() == Values{"a", "b"});
}

TEST_CASE("a delayed EndTxn is refused after its producer was re-initialised") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kDelayedEndTransaction});
  world.client->SetFaults(&fault);
  REQUIRE(producer->Commit(kTimeout).ok());
  const auto successor = world.NewProducer();
  world.Open(*successor, {"b", "c"});
  CHECK(world.memory.refused_end_transactions() == 1);
  CHECK(world.Committed() == Values{"a"});
  CHECK(successor->Abort(kTimeout).ok());
  CHECK(world.Committed() == Values{"a"});
}

TEST_CASE("a delayed abort drops the first half of the next transaction") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kAbort, {FaultKind::kDelayedEndTransaction});
  world.client->SetFaults(&fault);
  REQUIRE(producer->Abort(kTimeout).ok());
  CHECK(producer->end_transaction_requests() == 2);
  world.Open(*producer, {"b", "c"});
  REQUIRE(producer->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"c"});
}

TEST_CASE("a lost record makes the commit abortable, and nothing of it is sent") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  OneFault fault(LogCallKind::kProduce, {FaultKind::kAbortable});
  world.client->SetFaults(&fault);
  world.Open(*producer, {"lost", "after"});
  CHECK(producer->Commit(kTimeout).error == LogError::kAbortable);
  CHECK(producer->Commit(kTimeout).error == LogError::kAbortable);
  CHECK(producer->Abort(kTimeout).ok());
  world.Open(*producer, {"next"});
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(world.Committed() == Values{"next"});
}

TEST_CASE("an abortable commit leaves the transaction to be aborted") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  OneFault fault(LogCallKind::kCommit, {FaultKind::kAbortable});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kAbortable);
  CHECK(producer->end_transaction_requests() == 0);
  CHECK(producer->Abort(kTimeout).ok());
  CHECK(world.Committed().empty());
}

TEST_CASE("faults of the end of a transaction are none on an empty one") {
  MemoryWorld world;
  const FaultKind kind =
      GENERATE(FaultKind::kAbortable, FaultKind::kFatalLateEffect, FaultKind::kFatalDecided,
               FaultKind::kLateMarkers, FaultKind::kDelayedEndTransaction);
  OneFault fault(LogCallKind::kCommit, {kind});
  world.client->SetFaults(&fault);
  const auto producer = world.NewProducer();
  REQUIRE(producer->Begin().ok());
  CHECK(producer->Commit(kTimeout).ok());
  CHECK(fault.done());
  CHECK(producer->end_transaction_requests() == 0);
}

TEST_CASE("a client dies before or after the effect of a commit, and answers nothing any more") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  const auto consumer = world.client->NewConsumer(Isolation::kReadCommitted);
  const auto admin = world.client->NewAdmin();
  REQUIRE(consumer->Assign(world.topic, Offset(0)).ok());
  world.Open(*producer, {"a"});
  const bool after = GENERATE(false, true);
  OneFault fault(LogCallKind::kCommit, {after ? FaultKind::kDieAfter : FaultKind::kDieBefore});
  world.client->SetFaults(&fault);
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  CHECK(world.client->killed());
  CHECK(world.Committed() == (after ? Values{"a"} : Values{}));
  CHECK(world.memory.OpenTransactions() == (after ? Values{} : Values{"id"}));
  CHECK(producer->Abort(kTimeout).error == LogError::kFatal);
  CHECK(consumer->Fetch(world.topic, {}, kTimeout).error == LogError::kFatal);
  CHECK(admin->DeleteTopic("topic", kTimeout).error == LogError::kFatal);
  auto late = world.client->NewProducer({.transactional_id = "id"});
  CHECK(late->InitTransactions(kTimeout).error == LogError::kFatal);
  CHECK(world.memory.Topics() == Values{"topic"});
  CHECK(world.memory.OpenTransactions() == (after ? Values{} : Values{"id"}));
}

TEST_CASE("a killed client's transaction stays open until its timeout") {
  MemoryWorld world;
  const auto producer = world.NewProducer(*world.client, Duration(1'000));
  world.Open(*producer, {"a"});
  world.client->Kill();
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  world.clock.Advance(Duration(999));
  CHECK(world.Ends().last_stable == Offset(0));
  world.clock.Advance(Duration(1));
  CHECK(world.Ends().last_stable == Offset(2));
  CHECK(world.Committed().empty());
}

TEST_CASE("a hook may kill its client, use the log, and is told who calls what") {
  MemoryWorld world;
  const auto producer = world.NewProducer();
  world.Open(*producer, {"a"});
  struct Killer final : FaultHook {
    explicit Killer(MemoryWorld& in) : world(in) {}
    Fault Before(const LogCall& call) override {
      CHECK(call.client == "one");
      CHECK(call.transactional_id == "id");
      CHECK(LogCallKindName(call.kind) == "Commit");
      CHECK(world.Ends().high_watermark == Offset(1));
      world.client->Kill();
      return {};
    }
    MemoryWorld& world;
  } killer(world);
  world.client->SetFaults(&killer);
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  CHECK(world.Committed().empty());
}

TEST_CASE("faults of one client do not touch another") {
  MemoryWorld world;
  OneFault fault(LogCallKind::kBegin, {FaultKind::kDieBefore});
  world.client->SetFaults(&fault);
  const auto other = world.memory.NewClient("other");
  const auto producer = world.NewProducer(*other);
  world.Open(*producer, {"a"});
  CHECK(producer->Commit(kTimeout).ok());
  CHECK_FALSE(fault.done());
  CHECK_FALSE(world.client->killed());
}

}  // namespace
}  // namespace tidemark
