#include "worker/measured_producer.h"

#include <catch2/catch.hpp>

#include "log_memory/memory_log.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};
using Counts = std::array<std::uint64_t, kTransactionEnds>;  // committed, aborted, in doubt, fenced

// Lets each commit fail, or take long, as it is told.
class Commits final : public FaultHook {
 public:
  Fault Before(const LogCall& call) override {
    return call.kind == LogCallKind::kCommit ? fault : Fault{};
  }
  Fault fault;
};

struct Bench {
  ManualClock clock;
  MemoryLog log{clock};
  std::unique_ptr<MemoryLogClient> client = log.NewClient("worker");
  TaskMeter meter{&clock};
  Commits commits;

  Bench() {
    REQUIRE(client->NewAdmin()->CreateTopic({.name = "rows"}, kTimeout).ok());
    client->SetFaults(&commits);
  }
  ~Bench() { client->SetFaults(nullptr); }

  std::unique_ptr<Producer> New(TaskId::Kind kind = TaskId::Kind::kLane) {
    auto producer = Measure(client->NewProducer({.transactional_id = "t"}), kind, meter);
    REQUIRE(producer->InitTransactions(kTimeout).ok());
    return producer;
  }
  void Write(Producer& producer) {
    REQUIRE(producer.Begin().ok());
    REQUIRE(producer.Produce({.topic = "rows", .partition = Partition(0), .value = "row"}).ok());
  }
  Counts Ended() const { return meter.counts().transactions; }
};

TEST_CASE("each transaction counts once, by how it ended") {
  Bench bench;
  auto producer = bench.New();
  CHECK(bench.Ended() == Counts{0, 0, 0, 0});
  bench.Write(*producer);
  CHECK(bench.Ended() == Counts{0, 0, 0, 0});
  REQUIRE(producer->Commit(kTimeout).ok());
  CHECK(bench.Ended() == Counts{1, 0, 0, 0});
  bench.Write(*producer);
  REQUIRE(producer->Abort(kTimeout).ok());
  CHECK(bench.Ended() == Counts{1, 1, 0, 0});
  bench.Write(*producer);
  bench.commits.fault.kind = FaultKind::kAbortable;
  CHECK(producer->Commit(kTimeout).error == LogError::kAbortable);
  CHECK(producer->Abort(kTimeout).ok());
  CHECK(bench.Ended() == Counts{1, 2, 0, 0});
  bench.Write(*producer);
  bench.commits.fault.kind = FaultKind::kFatalAfterEffect;
  CHECK(producer->Commit(kTimeout).error == LogError::kFatal);
  producer.reset();
  CHECK(bench.Ended() == Counts{1, 2, 1, 0});
}

TEST_CASE("what is left open is aborted, what is left committing is in doubt") {
  Bench bench;
  auto producer = bench.New();
  producer.reset();
  CHECK(bench.Ended() == Counts{0, 0, 0, 0});
  producer = bench.New();
  bench.Write(*producer);
  producer.reset();
  CHECK(bench.Ended() == Counts{0, 1, 0, 0});
  producer = bench.New();
  bench.Write(*producer);
  bench.commits.fault.kind = FaultKind::kPending;
  CHECK(producer->Commit(kTimeout).error == LogError::kPending);
  producer.reset();
  CHECK(bench.Ended() == Counts{0, 1, 1, 0});
}

TEST_CASE("a zombie's commit is fenced, once for its transaction and once for itself") {
  Bench bench;
  auto zombie = bench.New();
  bench.Write(*zombie);
  auto owner = bench.New();
  CHECK(zombie->Commit(kTimeout).error == LogError::kFenced);
  CHECK(zombie->Commit(kTimeout).error == LogError::kFenced);
  CHECK(zombie->Begin().error == LogError::kFenced);
  zombie.reset();
  CHECK(bench.Ended() == Counts{0, 0, 0, 1});
  CHECK(bench.meter.counts().fenced == 1);
  bench.Write(*owner);
  CHECK(owner->Commit(kTimeout).ok());
  CHECK(bench.meter.counts().fenced == 1);
}

TEST_CASE("a commit lasts from its begin to the last answer, and only a committed one") {
  Bench bench;
  auto producer = bench.New(TaskId::Kind::kMerge);
  bench.clock.Advance(Duration(10'000));
  bench.Write(*producer);
  bench.clock.Advance(Duration(100));
  bench.commits.fault.kind = FaultKind::kPending;
  CHECK(producer->Commit(kTimeout).error == LogError::kPending);
  bench.clock.Advance(Duration(25));
  bench.commits.fault = {};
  CHECK(producer->Commit(kTimeout).ok());
  bench.clock.Advance(Duration(10'000));
  bench.Write(*producer);
  bench.clock.Advance(Duration(1'000));
  REQUIRE(producer->Abort(kTimeout).ok());
  const TaskCounts& counts = bench.meter.counts();
  CHECK(counts.commit_duration[1].sum == Approx(0.125));
  CHECK(counts.commit_duration[1].counts[5] == 1);  // above 0.1, at most 0.2
  CHECK(counts.commit_duration[0].sum == 0);
}

TEST_CASE("counts of several threads add up") {
  ManualClock clock;
  TaskMeter one(&clock);
  TaskMeter other(nullptr);
  one.Committed(TaskId::Kind::kLane, Duration(30));
  other.Committed(TaskId::Kind::kLane, Duration(40));
  other.Fired(3, Duration(2'000));
  other.Fenced();
  TaskCounts sum;
  sum.Add(one.counts());
  sum.Add(other.counts());
  CHECK(sum.transactions == Counts{2, 0, 0, 0});
  CHECK(sum.commit_duration[0].counts[3] == 2);
  CHECK(sum.result_delay.sum == Approx(6.0));
  CHECK(sum.fenced == 1);
}

}  // namespace
}  // namespace tidemark
