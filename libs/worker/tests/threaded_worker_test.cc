// A worker whose tasks run in threads of their own, on the memory log and the machine's clock.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/text.h"
#include "log_memory/memory_log.h"
#include "query/planner.h"
#include "tidemark/events/v1/call_metric.pb.h"
#include "worker/worker.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{50};
constexpr Duration kDeadline{60'000};
constexpr std::uint32_t kLanes = 4;
constexpr std::uint32_t kMerges = 3;
constexpr int kEvents = 1'000;  // of each partition, all in windows that close
constexpr const char* kYaml = R"(version: 1
pipeline: voice
source:
  name: calls
  topics: [calls]
  message: tidemark.events.v1.CallMetric
  event_time: event_time_ms
  watermark: {max_out_of_orderness: 0s}
shuffle: {lanes: 4, partitions: 3}
queries:
  - name: calls_by_account
    sql: SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('1m'), account_sid
    sinks: [{topic: rows, revisions: all, format: json}]
)";

// Holds every call of one kind until it is told to go on.
class Gate final : public FaultHook {
 public:
  Fault Before(const LogCall& call) override {
    if (call.kind != LogCallKind::kCommit) return {};
    std::unique_lock lock(mutex_);
    held_ = held_ || closed_;
    opened_.wait(lock, [this] { return !closed_; });
    return {};
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void Open() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = false;
    }
    opened_.notify_all();
  }
  bool held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool closed_ = false;
  bool held_ = false;
};

// A log of which nobody answers, when it says so.
class TroubledLog final : public Log {
 public:
  explicit TroubledLog(Log& inner) : inner_(inner) {}
  std::unique_ptr<Producer> NewProducer(const ProducerOptions& options) override {
    return inner_.NewProducer(options);
  }
  std::unique_ptr<Consumer> NewConsumer(Isolation isolation) override {
    return inner_.NewConsumer(isolation);
  }
  std::unique_ptr<Admin> NewAdmin() override { return inner_.NewAdmin(); }
  std::string Trouble() const override { return trouble; }

  std::string trouble;

 private:
  Log& inner_;
};

struct Bench {
  SteadyClock clock;
  MemoryLog log{clock};
  std::unique_ptr<MemoryLogClient> outside = log.NewClient("outside");
  std::unique_ptr<MemoryLogClient> client = log.NewClient("worker");
  TroubledLog troubled{*client};
  std::shared_ptr<const PipelinePlan> plan = PlanPipeline({.text = kYaml}).plan;
  std::shared_ptr<PipelineDefinition> pipeline = std::make_shared<PipelineDefinition>();
  std::unique_ptr<Worker> worker;
  std::vector<Heartbeat> heartbeats;
  std::uint64_t snapshots = 0;

  explicit Bench(std::size_t threads) {
    REQUIRE(plan != nullptr);
    CreateTopics();
    WorkerOptions options;
    options.task_threads = threads;
    options.heartbeat_interval = Duration(20);
    options.cut_off_after = Duration(100);
    options.tuning.source.commit_interval = Duration(20);
    options.tuning.merge.commit_interval = Duration(50);
    const auto load =
        [this](const PipelineDefinition&) -> Result<std::shared_ptr<const PipelinePlan>> {
      return plan;
    };
    worker = std::make_unique<Worker>(Worker::Ports{&troubled, nullptr, load, &clock}, options,
                                      Incarnation::Parse("worker01").value());
  }

  void Create(const std::string& name, std::uint32_t partitions, const std::string& cleanup) {
    const TopicSpec spec{.name = name,
                         .partitions = static_cast<std::int32_t>(partitions),
                         .configs = {{"cleanup.policy", cleanup}}};
    REQUIRE(outside->NewAdmin()->CreateTopic(spec, kTimeout).ok());
  }

  void CreateTopics() {
    pipeline->name = "voice";
    pipeline->incarnation = Incarnation::Parse("abcd1234").value();
    pipeline->lanes = kLanes;
    pipeline->merges = kMerges;
    for (std::uint32_t p = 0; p < kLanes; ++p) {
      pipeline->sources.push_back({"calls", Partition(static_cast<std::int32_t>(p))});
      pipeline->start_offsets.push_back(Offset(0));
    }
    pipeline->sink_partitions["rows"] = 2;
    const PipelineNames names{"demo", "voice", pipeline->incarnation};
    Create("calls", kLanes, "delete");
    Create("rows", 2, "delete");
    Create(names.ShuffleTopic(), kMerges, "delete");
    Create(names.ProgressTopic(), kLanes + kMerges, "compact");
    Create(names.LateTopic(), 1, "delete");
    Create(names.DeadLetterTopic(), 1, "delete");
    Create(names.LedgerTopic(), 1, "compact");
  }

  void Assign(std::uint64_t epoch) {
    AssignmentSnapshot snapshot{.term = Term(std::uint64_t{1}),
                                .at = Offset(static_cast<std::int64_t>(++snapshots))};
    for (const TaskId task : pipeline->Tasks()) {
      snapshot.tasks.push_back({{"voice", pipeline->incarnation, task}, OwnerEpoch(epoch)});
    }
    snapshot.pipelines["voice"] = pipeline;
    worker->Handle(snapshot);
  }

  void AppendEvent(std::int32_t partition, std::int64_t time, int account) {
    events::v1::CallMetric metric;
    metric.set_event_time_ms(time);
    metric.set_account_sid(StrCat("AC", account));
    const std::string bytes = metric.SerializeAsString();
    REQUIRE(log.Append({"calls", Partition(partition)}, {.value = bytes}).ok());
  }

  // `from`, `to`: of each partition's kEvents.
  void AppendEvents(std::int64_t base, int from, int to) {
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(kLanes); ++p) {
      for (int i = from; i < to; ++i) AppendEvent(p, base + i * 100, i % 50);
    }
  }
  void AppendLast(std::int64_t base) {
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(kLanes); ++p) {
      AppendEvent(p, base + 600'000, 0);
    }
  }

  // Of all committed rows.
  std::uint64_t Published() const {
    std::uint64_t calls = 0;
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const DumpedRecord& record : log.Dump({"rows", Partition(p)})) {
        if (record.state != DumpedRecord::State::kCommitted || !record.value) continue;
        const std::size_t at = record.value->find("\"calls\":");
        if (at != std::string::npos)
          calls += std::strtoull(record.value->c_str() + at + 8, nullptr, 10);
      }
    }
    return calls;
  }

  bool All(TaskState state, std::uint64_t epoch) const {
    const std::vector<TaskReport> reports = worker->Reports();
    for (const TaskReport& report : reports) {
      if (report.state != state || report.epoch != OwnerEpoch(epoch)) return false;
    }
    return reports.size() == kLanes + kMerges;
  }

  void Turn() {
    const MonotonicTime now = clock.Now();
    (void)worker->Step(now);
    for (Upward& message : worker->TakeMessages(now)) {
      if (auto* heartbeat = std::get_if<Heartbeat>(&message)) {
        heartbeats.push_back(std::move(*heartbeat));
      }
    }
    std::this_thread::yield();
  }

  template <class Condition>
  void RunUntil(Condition condition) {
    const MonotonicTime begin = clock.Now();
    while (!condition()) {
      Turn();
      REQUIRE(clock.Now() - begin < kDeadline);
    }
  }

  std::int64_t Base() const { return log.WallMs() / 60'000 * 60'000 - 1'800'000; }
};

constexpr std::uint64_t kAll = kLanes * static_cast<std::uint64_t>(kEvents);

TEST_CASE("tasks in threads publish each event once, while they change hands and at the end") {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
    INFO(threads << " threads");
    Bench bench(threads);
    const std::int64_t base = bench.Base();
    bench.Assign(1);
    bench.AppendEvents(base, 0, kEvents / 2);
    bench.RunUntil([&] { return bench.All(TaskState::kRunning, 1); });
    bench.Assign(2);
    bench.AppendEvents(base, kEvents / 2, kEvents);
    bench.AppendLast(base);
    bench.RunUntil([&] { return bench.Published() == kAll; });
    bench.RunUntil([&] { return bench.All(TaskState::kRunning, 2); });
    CHECK(bench.worker->Statuses().size() == kLanes + kMerges);
    bench.worker->Drain();
    bench.RunUntil([&] { return bench.worker->phase() == Worker::Phase::kLeft; });
    CHECK(bench.All(TaskState::kDrained, 2));
    CHECK(bench.Published() == kAll);
  }
}

TEST_CASE("heartbeats go on while every task thread is stuck in a call") {
  Gate gate;
  Bench bench(2);
  bench.Assign(1);
  bench.RunUntil([&] { return bench.All(TaskState::kRunning, 1); });
  bench.client->SetFaults(&gate);
  gate.Close();
  bench.AppendEvents(bench.Base(), 0, 10);
  bench.RunUntil([&] { return gate.held(); });
  const std::size_t before = bench.heartbeats.size();
  bench.RunUntil([&] { return bench.heartbeats.size() >= before + 5; });
  CHECK(bench.heartbeats.back().tasks.size() == kLanes + kMerges);
  gate.Open();
  bench.worker.reset();
  bench.client->SetFaults(nullptr);
}

TEST_CASE(
    "a worker that no broker answers says so of its tasks at once, and of itself after a while") {
  Bench bench(2);
  bench.Assign(1);
  bench.RunUntil([&] { return bench.All(TaskState::kRunning, 1); });
  const auto phase = [&] {
    return bench.heartbeats.empty() ? Heartbeat::Phase::kLeft : bench.heartbeats.back().phase;
  };
  bench.RunUntil([&] { return phase() == Heartbeat::Phase::kServing; });
  CHECK(bench.heartbeats.back().tasks.at(0).reason.empty());
  bench.heartbeats.clear();
  bench.troubled.trouble = "no broker answers";
  bench.RunUntil([&] { return phase() == Heartbeat::Phase::kCutOff; });
  CHECK(bench.heartbeats.front().phase == Heartbeat::Phase::kServing);
  for (const TaskReport& report : bench.heartbeats.front().tasks)
    CHECK(report.reason == "no broker answers");
  bench.troubled.trouble.clear();
  bench.RunUntil([&] { return phase() == Heartbeat::Phase::kServing; });
  CHECK(bench.heartbeats.back().tasks.at(0).reason.empty());
}

TEST_CASE("what is no longer assigned is let go of, and its epoch is not told any more") {
  Bench bench(2);
  bench.Assign(1);
  bench.RunUntil([&] { return bench.All(TaskState::kRunning, 1); });
  AssignmentSnapshot nothing{.term = Term(std::uint64_t{1}), .at = Offset(std::int64_t{100})};
  bench.worker->Handle(nothing);
  CHECK(bench.worker->Reports().empty());
  bench.RunUntil([&] { return bench.worker->Statuses().empty(); });
}

TEST_CASE("what tasks measured stays, when they are shut out, begin again and go away") {
  Bench bench(2);
  const auto count = [&](TransactionEnd end) {
    return bench.worker->Counts().transactions.at(static_cast<std::size_t>(end));
  };
  bench.Assign(1);
  bench.RunUntil([&] { return bench.All(TaskState::kRunning, 1); });
  // The claims.
  CHECK(count(TransactionEnd::kCommitted) >= kLanes + kMerges);
  const PipelineNames names{"demo", "voice", bench.pipeline->incarnation};
  const auto thief =
      bench.outside->NewProducer({.transactional_id = names.TransactionalId(TaskId::Of(Lane(0U)))});
  REQUIRE(thief->InitTransactions(kTimeout).ok());
  const std::int64_t base = bench.Base();
  bench.AppendEvents(base, 0, kEvents);
  bench.AppendLast(base);
  bench.RunUntil([&] { return bench.Published() == kAll; });
  const auto fired = [&] {
    const auto counts = bench.worker->Counts().result_delay.counts;
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  bench.RunUntil([&] { return fired() > 0; });
  const std::uint64_t fired_before = fired();
  bench.RunUntil([&] { return bench.worker->Counts().fenced == 1; });
  const auto aggregated = [&] {
    return bench.worker->Counts().events[{"voice", "calls_by_account"}].aggregated;
  };
  bench.RunUntil([&] { return aggregated() == kAll + kLanes; });
  const TaskCounts before = bench.worker->Counts();
  CHECK(count(TransactionEnd::kFenced) == 1);
  CHECK(count(TransactionEnd::kInDoubt) == 0);
  bench.worker->Handle(
      AssignmentSnapshot{.term = Term(std::uint64_t{1}), .at = Offset(std::int64_t{100})});
  bench.RunUntil([&] { return bench.worker->Statuses().empty(); });
  const TaskCounts after = bench.worker->Counts();
  CHECK(after.fenced == 1);
  CHECK(fired() >= fired_before);
  CHECK(aggregated() == kAll + kLanes);
  CHECK(after.transactions.at(0) >= before.transactions.at(0));
}

TEST_CASE("a worker ends with its threads, whatever they do") {
  Bench bench(3);
  bench.Assign(1);
  bench.AppendEvents(bench.Base(), 0, 100);
  for (int i = 0; i < 50; ++i) bench.Turn();
  bench.worker.reset();
  CHECK(bench.Published() <= kAll);
}

}  // namespace
}  // namespace tidemark
