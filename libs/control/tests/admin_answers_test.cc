#include "control/admin_answers.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "control/admin_audit.h"
#include "control/admin_windows.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

constexpr std::int64_t kMinute = 60'000;

struct Bench {
  std::shared_ptr<const PipelinePlan> plan = PlanPipeline({.text = R"(version: 1
pipeline: voice
source:
  name: calls
  topics: [calls]
  event_time: event_time_ms
shuffle: {lanes: 2, partitions: 1}
queries:
  - name: minutes
    sql: SELECT account_sid, count(*) AS calls FROM calls GROUP BY tumble('1m'), account_sid
    allowed_lateness: 2m
    sinks: [{topic: rows}]
)"})
                                                 .plan;
  PipelineDefinition pipeline{.name = "voice",
                              .incarnation = Incarnation::FromBits(3),
                              .sources = {{"calls", Partition(0)}, {"calls", Partition(1)}},
                              .start_offsets = {Offset(0), Offset(0)},
                              .lanes = 2,
                              .merges = 1};
  ClusterView view{.cluster = "demo", .standing = {.leading = true}};
  WorkerIdentity worker{"w1", Incarnation::FromBits(5)};

  Bench() {
    REQUIRE(plan != nullptr);
    view.state.pipelines["voice"] = std::make_shared<const PipelineDefinition>(pipeline);
    view.workers.push_back({worker, "here", Heartbeat::Phase::kServing, {}});
    for (const TaskId task : pipeline.Tasks()) {
      view.state.tasks[Address(task)] = {OwnerEpoch(1U), worker};
    }
  }
  TaskAddress Address(TaskId task) const { return {"voice", pipeline.incarnation, task}; }
  TaskReport& Report(TaskId task) {
    view.workers[0].tasks.push_back(
        {.task = Address(task), .epoch = OwnerEpoch(1U), .state = TaskState::kRunning});
    return view.workers[0].tasks.back();
  }
  void Time(std::uint32_t source, std::string state, std::optional<std::int64_t> watermark) {
    SourceReport report{.source = SourceOrdinal(source), .state = std::move(state)};
    if (watermark) report.watermark = Watermark(*watermark);
    Report(TaskId::Of(Lane(source))).sources.push_back(report);
  }
  void Merged(std::int64_t combined) {
    Report(TaskId::Of(ShufflePartition(0U))).merge =
        MergeReport{.combined = Watermark(combined), .replay_ratio = 1};
  }
  pb::ListWindowsResponse Windows(std::int32_t size = 0, std::string token = "") const {
    pb::ListWindowsRequest request;
    request.set_page_size(size);
    request.set_page_token(std::move(token));
    const auto listed = ListWindows(view, pipeline, *plan, request);
    REQUIRE(listed.ok());
    return *listed;
  }
};

TEST_CASE("a pipeline runs once every task of it does, under its present epoch") {
  Bench bench;
  bench.Time(0, "LIVE", 0);
  bench.Time(1, "LIVE", 0);
  CHECK(StateOf(bench.view, bench.pipeline) == pb::PIPELINE_STATE_STARTING);
  bench.Merged(0);
  CHECK(StateOf(bench.view, bench.pipeline) == pb::PIPELINE_STATE_RUNNING);
  bench.view.state.tasks[bench.Address(TaskId::Of(Lane(0U)))].epoch = OwnerEpoch(2U);
  CHECK(StateOf(bench.view, bench.pipeline) == pb::PIPELINE_STATE_STARTING);
}

TEST_CASE("a partition without time holds all, else the one furthest back") {
  Bench bench;
  bench.Time(0, "LIVE", 5 * kMinute);
  bench.Time(1, "NEVER_REPORTED", std::nullopt);
  const auto before = bench.Windows();
  CHECK_FALSE(before.has_combined());
  CHECK(before.partitions(1).holds());
  CHECK_FALSE(before.partitions(0).holds());
  CHECK(WhyNoRow(bench.view, bench.pipeline, *bench.plan, bench.plan->queries[0])
            .find("calls/1 has had no valid record") != std::string::npos);
  bench.view.workers[0].tasks.clear();
  bench.Time(0, "LIVE", 5 * kMinute);
  bench.Time(1, "IDLE", 3 * kMinute);
  const auto after = bench.Windows();
  CHECK(after.combined().seconds() == 180);
  CHECK(after.partitions(1).holds());
  CHECK(after.partitions(1).state() == "IDLE");
}

TEST_CASE("windows are open up to the time reached, closed but awaiting late until final") {
  Bench bench;
  bench.Time(0, "LIVE", 10 * kMinute);
  bench.Time(1, "LIVE", 10 * kMinute);
  bench.Merged(10 * kMinute);
  const auto listed = bench.Windows();
  REQUIRE(listed.windows_size() >= 3);
  // Ends at 9m and 10m are closed (A = 2m), the one that ends at 8m is final at 10m.
  CHECK(listed.windows(0).end().seconds() == 9 * 60);
  CHECK(listed.windows(0).state() == "CLOSED_AWAITING_LATE");
  CHECK(listed.windows(1).end().seconds() == 10 * 60);
  CHECK(listed.windows(1).state() == "CLOSED_AWAITING_LATE");
  CHECK(listed.windows(2).end().seconds() == 11 * 60);
  CHECK(listed.windows(2).state() == "OPEN");
  CHECK(listed.windows_size() == 3);  // events reach 10m30s
  const auto first = bench.Windows(2);
  CHECK(first.windows_size() == 2);
  const auto second = bench.Windows(2, first.next_page_token());
  REQUIRE(second.windows_size() == 1);
  CHECK(second.windows(0).end().seconds() == 11 * 60);
  CHECK(second.next_page_token().empty());
}

TEST_CASE("a token that was not given out is refused") {
  const Bench bench;
  pb::ListWindowsRequest request;
  for (const char* token : {"x", "-1", "1x", "999999999999"}) {
    request.set_page_token(token);
    CHECK_FALSE(ListWindows(bench.view, bench.pipeline, *bench.plan, request).ok());
  }
}

struct Books {
  Bench bench;
  CommittedProgress progress;

  Books() {
    SourceProgress source{.source = SourceOrdinal(0U), .position = Offset(10)};
    source.counters.records = 10;
    source.counters.decoded = 7;
    source.counters.dead_letter = 2;
    source.counters.quarantined = 1;  // one of the two
    source.counters.tombstones = 1;
    source.counters.events = 7;
    source.counters.queries = {{.instance = Instance(), .aggregated = 4, .filtered = 2, .late = 1}};
    progress.lanes[Lane(0U)] = {.sequence = LaneSequence(3U), .sources = {source}};
    MergeProgress merge;
    merge.commit_point.sources = {{SourceOrdinal(0U), Offset(10), LaneSequence(3U), {}}};
    merge.commit_point.counts[Instance()] = {.received = 4, .settled = 3, .rows = 2};
    progress.merges[ShufflePartition(0U)] = merge;
  }
  InstanceId Instance() const { return bench.plan->queries[0].instance; }
  SourceProgress& Source() { return progress.lanes[Lane(0U)].sources[0]; }
  InstanceCounts& Counts() {
    return progress.merges[ShufflePartition(0U)].commit_point.counts[Instance()];
  }
  pb::Audit Audit() const { return Judge(bench.pipeline, *bench.plan, progress); }
};

TEST_CASE("books that balance are balanced, and say where everything is") {
  const Books books;
  const pb::Audit audit = books.Audit();
  CHECK(audit.balanced());
  CHECK(audit.partitions(0).dead_letter() == 2);
  CHECK(audit.results(0).open() == 1);
  CHECK(audit.results(0).in_flight() == 0);
}

TEST_CASE("frames between lanes and merges are in flight, not missing") {
  Books books;
  books.Counts().received = 3;
  books.progress.lanes[Lane(0U)].sequence = LaneSequence(4U);
  CHECK(books.Audit().balanced());
  CHECK(books.Audit().results(0).in_flight() == 1);
}

TEST_CASE("a single event too many or too few anywhere unbalances the books") {
  Books books;
  SECTION("a record that is nowhere") { books.Source().counters.records += 1; }
  SECTION("an event that no query knows") { books.Source().counters.events += 1; }
  SECTION("an event that was counted twice") { books.Source().counters.queries[0].late += 1; }
  SECTION("one lost between lane and merge") {
    books.Counts().received = 3;
    books.Counts().settled = 3;
  }
  SECTION("one that came out of nothing") { books.Counts().received = 5; }
  SECTION("one settled that was never received") { books.Counts().settled = 5; }
  const pb::Audit audit = books.Audit();
  CHECK_FALSE(audit.balanced());
  CHECK(audit.findings_size() > 0);
}

TEST_CASE("the log tells of workers, pipelines and tasks, each once") {
  Bench bench;
  ClusterView before = bench.view;
  before.workers.clear();
  before.state.tasks.clear();
  CHECK(News(before, bench.view) ==
        std::vector<std::string>{StrCat("worker 'w1' joined, incarnation ",
                                        bench.worker.incarnation.text(), ", at here"),
                                 "worker 'w1' gets 3 tasks"});
  CHECK(News(bench.view, bench.view).empty());
  const auto lost = News(bench.view, before);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].find("worker 'w1' is lost") == 0);
  CHECK(lost[0].find("its tasks wait: no other worker is there") != std::string::npos);
}

TEST_CASE("a worker that is gone by the time it was given tasks is not said to get them") {
  Bench bench;
  ClusterView before = bench.view;
  for (auto& [task, owner] : before.state.tasks) owner = TaskOwner();
  ClusterView after = bench.view;
  after.workers = {{{"w2", Incarnation::FromBits(6)}, "there", Heartbeat::Phase::kServing, {}}};
  const auto lines = News(before, after);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("worker 'w2' joined") == 0);
  CHECK(lines[1].find("worker 'w1' is lost") == 0);
  CHECK(lines[1].find("its tasks go to others") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
