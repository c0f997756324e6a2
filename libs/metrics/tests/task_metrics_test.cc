#include "metrics/task_metrics.h"

#include <catch2/catch.hpp>

#include "metrics/coordinator_metrics.h"

namespace tidemark {
namespace {

constexpr std::int64_t kNoon = 1'764'072'000'000;

std::shared_ptr<const TaskContext> VoiceContext() {
  auto plan = std::make_shared<PipelinePlan>();
  QueryPlan tumbling;
  tumbling.name = "by_minute";
  tumbling.instance = InstanceId(1U);
  tumbling.window = WindowSpec::Tumble(Duration(60'000), Duration(0)).value();
  QueryPlan hopping;
  hopping.name = "hopping";
  hopping.instance = InstanceId(2U);
  hopping.window = WindowSpec::Hop(Duration(300'000), Duration(60'000), Duration(0)).value();
  hopping.allowed_lateness = Duration(120'000);
  plan->queries = {tumbling, hopping};
  auto context = std::make_shared<TaskContext>();
  context->plan = plan;
  context->sources = {{"calls", Partition(0)}, {"calls", Partition(1)}};
  return context;
}

TaskSnapshot Task(TaskId task, TaskState state) {
  TaskSnapshot snapshot;
  snapshot.report.task = {"voice", Incarnation{}, task};
  snapshot.report.state = state;
  snapshot.context = VoiceContext();
  return snapshot;
}

TaskSnapshot Lane() {
  TaskSnapshot snapshot = Task({TaskId::Kind::kLane, 0}, TaskState::kRunning);
  SourceTaskStatus status;
  status.table_bytes = 4'096;
  SourceTaskStatus::Source first{.ordinal = SourceOrdinal(0U),
                                 .state = SourceState::kLive,
                                 .position = Offset(100),
                                 .high_watermark = Offset(130),
                                 .watermark = Watermark(kNoon)};
  first.counters = {.records = 90, .dead_letter = 4};
  first.counters.queries = {
      {.instance = InstanceId(1U), .aggregated = 70, .filtered = 10, .late = 6}};
  SourceTaskStatus::Source second{.ordinal = SourceOrdinal(1U),
                                  .state = SourceState::kNeverReported};
  second.counters.queries = {{.instance = InstanceId(1U), .aggregated = 5}};
  status.sources = {first, second};
  snapshot.status = status;
  return snapshot;
}

TaskSnapshot Merge(MergeTaskStatus::Phase phase) {
  TaskSnapshot snapshot = Task({TaskId::Kind::kMerge, 3}, TaskState::kRunning);
  MergeTaskStatus status;
  status.phase = phase;
  status.replay_ratio = 0.25;
  status.combined = Watermark(kNoon + 59'999);
  status.open_cells = 12;
  status.open_windows = 2;
  status.state_bytes = 2'000;
  status.frames = 50;
  status.duplicate_frames = 1;
  snapshot.status = status;
  return snapshot;
}

std::string PageOf(std::vector<TaskSnapshot> tasks) {
  MetricsPage page;
  AddTasks(tasks, page);
  return page.Text();
}

// The value of a series; "absent" if it is not on the page.
std::string Value(const std::string& page, const std::string& series) {
  const std::size_t at = page.find("\n" + series + " ");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + series.size() + 2;
  return page.substr(begin, page.find('\n', begin) - begin);
}

TEST_CASE("a lane tells of each of its partitions, and of each query over all of them") {
  const std::string page = PageOf({Lane()});
  INFO(page);
  const std::string first = "{pipeline=\"voice\",topic=\"calls\",partition=\"0\"}";
  CHECK(Value(page, "tidemark_source_records_total" + first) == "90");
  CHECK(Value(page, "tidemark_source_dead_letter_records_total" + first) == "4");
  CHECK(Value(page, "tidemark_source_lag_records" + first) == "30");
  CHECK(std::stod(Value(page, "tidemark_source_watermark_timestamp_seconds" + first)) ==
        kNoon / 1'000.0);
  const std::string second = "{pipeline=\"voice\",topic=\"calls\",partition=\"1\"}";
  CHECK(Value(page, "tidemark_source_watermark_timestamp_seconds" + second) == "absent");
  CHECK(Value(page, "tidemark_source_records_total" + second) == "0");
}

TEST_CASE("what tasks measured is told of all kinds and outcomes, and added to the queries here") {
  TaskCounts counts;
  counts.transactions = {7, 1, 0, 2};
  counts.fenced = 2;
  Observe(kCommitDurationBounds, 0.01, counts.commit_duration[0]);
  Observe(kResultDelayBounds, 0.2, counts.result_delay);
  counts.events[{"voice", "by_minute"}] = {75, 10, 6};
  MetricsPage page;
  AddTasks(std::vector<TaskSnapshot>{Lane()}, page);
  AddCounts(counts, page);
  const std::string text = page.Text();
  INFO(text);
  CHECK(Value(text, "tidemark_transactions_total{outcome=\"committed\"}") == "7");
  CHECK(Value(text, "tidemark_transactions_total{outcome=\"aborted\"}") == "1");
  CHECK(Value(text, "tidemark_transactions_total{outcome=\"in_doubt\"}") == "0");
  CHECK(Value(text, "tidemark_transactions_total{outcome=\"fenced\"}") == "2");
  CHECK(Value(text, "tidemark_fenced_total") == "2");
  CHECK(Value(text, "tidemark_commit_duration_seconds_count{kind=\"source\"}") == "1");
  CHECK(Value(text, "tidemark_commit_duration_seconds_count{kind=\"merge\"}") == "0");
  CHECK(Value(text, "tidemark_result_delay_seconds_sum") == "0.2");
  const std::string query =
      "tidemark_query_events_total{pipeline=\"voice\",query=\"by_minute\",outcome=";
  CHECK(Value(text, query + "\"aggregated\"}") == "75");
  CHECK(Value(text, query + "\"filtered\"}") == "10");
  CHECK(Value(text, query + "\"late\"}") == "6");
}

TEST_CASE("a query without any event has all its outcomes with 0") {
  const std::string page = PageOf({Task({TaskId::Kind::kLane, 0}, TaskState::kTaking)});
  for (const char* outcome : {"aggregated", "filtered", "late"}) {
    INFO(outcome);
    CHECK(
        Value(page, std::string("tidemark_query_events_total{pipeline=\"voice\",query=\"hopping\","
                                "outcome=\"") +
                        outcome + "\"}") == "0");
  }
}

TEST_CASE("exactly one state of a source and of a task is 1") {
  const std::string page = PageOf({Lane()});
  const std::string source =
      "tidemark_source_state{pipeline=\"voice\",topic=\"calls\",partition=\"0\",state=";
  CHECK(Value(page, source + "\"LIVE\"}") == "1");
  CHECK(Value(page, source + "\"BLOCKED_BY_OPEN_TRANSACTION\"}") == "0");
  CHECK(Value(page, source + "\"HALTED\"}") == "0");
  const std::string task = "tidemark_task_state{pipeline=\"voice\",task=\"lane-0\",state=\"";
  CHECK(Value(page, task + std::string(TaskStateName(TaskState::kRunning)) + "\"}") == "1");
  CHECK(Value(page, task + std::string(TaskStateName(TaskState::kHalted)) + "\"}") == "0");
}

TEST_CASE("a query is closed through the last window whose lateness is over, on its own grid") {
  const std::string page = PageOf({Merge(MergeTaskStatus::Phase::kRunning)});
  const auto closed = [&](const std::string& query) {
    return std::stod(Value(page,
                           "tidemark_query_closed_through_timestamp_seconds{pipeline=\"voice\","
                           "query=\"" +
                               query + "\",partition=\"3\"}"));
  };
  CHECK(closed("by_minute") == kNoon / 1'000.0);
  CHECK(closed("hopping") == kNoon / 1'000.0 - 120);
  CHECK(Value(page, "tidemark_restore_progress_ratio{pipeline=\"voice\",task=\"merge-3\"}") == "1");
  CHECK(Value(page, "tidemark_frames_duplicate_total{pipeline=\"voice\",task=\"merge-3\"}") == "1");
}

TEST_CASE("a merge that replays tells how far it is and closes nothing") {
  const std::string page = PageOf({Merge(MergeTaskStatus::Phase::kReplaying)});
  CHECK(Value(page, "tidemark_restore_progress_ratio{pipeline=\"voice\",task=\"merge-3\"}") ==
        "0.25");
  CHECK(page.find("tidemark_query_closed_through") == std::string::npos);
}

TEST_CASE("a task whose plan does not load tells its state and nothing else") {
  TaskSnapshot task = Task({TaskId::Kind::kLane, 0}, TaskState::kFailed);
  task.context = nullptr;
  const std::string page = PageOf({task});
  CHECK(page.find("tidemark_task_state") != std::string::npos);
  CHECK(page.find("tidemark_query_events_total") == std::string::npos);
}

TEST_CASE("every metric of the table is on the page of a process that knows everything") {
  MetricsPage page;
  const std::vector<TaskSnapshot> tasks = {Lane(), Merge(MergeTaskStatus::Phase::kRunning)};
  AddTasks(tasks, page);
  ProcessFacts facts;
  facts.version = "1";
  facts.memory_budget_bytes = 1;
  facts.resident_bytes = ResidentBytes();
  facts.commit_interval = Duration(200);
  AddProcess(facts, page);
  AddCounts(TaskCounts(), page);
  CoordinatorFacts coordinator{.leads = true, .task_moves = {{"lost", 0}}};
  coordinator.pipelines = {{.name = "voice", .state = "RUNNING", .balanced = true}};
  AddCoordinator(coordinator, page);
  const std::string text = page.Text();
  for (const MetricInfo& info : Metrics()) {
    INFO(info.name);
    CHECK(text.find("# TYPE " + std::string(info.name) + " ") != std::string::npos);
  }
  CHECK(Value(text, "tidemark_transactions_total{outcome=\"in_doubt\"}") == "0");
  CHECK(facts.resident_bytes.value_or(0) > 1'000'000);
}

TEST_CASE("what a process does not know is not on its page") {
  MetricsPage page;
  AddProcess({.version = "1"}, page);
  CHECK(page.Text().find("tidemark_transactions_total") == std::string::npos);
  CHECK(page.Text().find("tidemark_build_info{version=\"1\"} 1\n") != std::string::npos);
}

}  // namespace
}  // namespace tidemark
