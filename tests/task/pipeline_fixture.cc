#include "task/pipeline_fixture.h"

#include <catch2/catch.hpp>

#include "query/planner.h"
#include "shuffle/key.h"
#include "task/cell_layout.h"
#include "tidemark/events/v1/call_metric.pb.h"

namespace tidemark {
namespace {

constexpr Duration kTimeout{1'000};

std::shared_ptr<const PipelinePlan> PlanOf(const PipelineShape& shape) {
  const std::string text =
      "version: 1\npipeline: voice\nsource: {name: calls, topics: [calls], event_time: " +
      shape.event_time + shape.source + "}\nqueries:\n" + shape.queries + shape.more;
  PlanResult result =
      PlanPipeline({.file = "voice.yaml", .text = text, .descriptor_set = shape.descriptor_set});
  for (const Diagnostic& diagnostic : result.diagnostics) FAIL_CHECK(diagnostic.message);
  REQUIRE(result.ok());
  auto plan = std::make_shared<PipelinePlan>(*result.plan);
  plan->lanes = shape.lanes;
  plan->shuffle_partitions = shape.merges;
  return plan;
}

FrameCell ReadCell(const QueryPlan& query, const BlockHeader& block, FrameReader& reader) {
  FrameCell cell{.instance = block.instance, .slice_end = block.slice_end, .tag = block.tag};
  std::vector<Type> types;
  for (const GroupColumn& column : query.group) types.push_back(column.type);
  const DecodedKey key = DecodeKey(reader.NextKey(), types).value();
  for (const Value& part : key.parts) {
    if (!cell.key.empty()) cell.key += ',';
    if (const auto* text = std::get_if<std::string>(&part.content)) cell.key += *text;
  }
  const CellLayout layout(query);
  StateArena arena;
  std::vector<std::uint64_t> states(layout.size() / 8 + 1, 0);
  auto* const bytes = reinterpret_cast<std::byte*>(states.data());
  REQUIRE(layout.MergeEncoded(bytes, reader.states(), arena));
  cell.events = CellLayout::Events(bytes);
  return cell;
}

const QueryPlan& QueryOf(const PipelinePlan& plan, InstanceId instance) {
  for (const QueryPlan& query : plan.queries) {
    if (query.instance == instance) return query;
  }
  FAIL("a frame names a query that the plan does not have");
  return plan.queries.front();
}

Frame ReadFrame(const PipelinePlan& plan, const std::string& bytes) {
  FrameReader reader = FrameReader::Open(bytes).value();
  Frame frame{.header = reader.header(), .cells = {}};
  while (const std::optional<BlockHeader> block = reader.NextBlock().value()) {
    for (std::uint64_t i = 0; i < block->cells; ++i) {
      frame.cells.push_back(ReadCell(QueryOf(plan, block->instance), *block, reader));
    }
  }
  return frame;
}

}  // namespace

std::string QueryYaml(std::string_view name, std::string_view sql, std::string_view lateness) {
  std::string yaml = "  - name: ";
  yaml.append(name)
      .append("\n    sql: |\n      ")
      .append(sql)
      .append("\n    allowed_lateness: ")
      .append(lateness);
  yaml.append("\n    sinks: [{topic: ").append(name).append("-results}]\n");
  return yaml;
}

std::string Encode(const Call& call) {
  events::v1::CallMetric metric;
  metric.set_event_time_ms(call.time);
  metric.set_account_sid(call.account);
  metric.mutable_summary()->set_connect_duration_ms(static_cast<std::uint64_t>(call.connect_ms));
  return metric.SerializeAsString();
}

std::optional<std::string> HeaderOf(const DumpedRecord& record, std::string_view name) {
  for (const auto& [header, value] : record.headers) {
    if (header == name) return value;
  }
  return std::nullopt;
}

PipelineFixture::PipelineFixture(PipelineShape shape)
    : log_(clock_),
      client_(log_.NewClient("test")),
      context_(std::make_shared<TaskContext>()),
      options_(shape.options) {
  context_->names = {"test", "voice", Incarnation::Parse("abcd1234").value()};
  context_->plan = PlanOf(shape);
  context_->start_time = shape.start_time;
  for (std::int32_t p = 0; p < shape.partitions; ++p) context_->sources.push_back(Input(p));
  CreateTopics(shape);
}

PipelineFixture::~PipelineFixture() = default;

void PipelineFixture::CreateTopics(const PipelineShape& shape) {
  const auto admin = client_->NewAdmin();
  const auto create = [&](const std::string& name, std::int64_t partitions,
                          std::map<std::string, std::string> configs) {
    REQUIRE(admin
                ->CreateTopic({.name = name,
                               .partitions = static_cast<std::int32_t>(partitions),
                               .configs = std::move(configs)},
                              kTimeout)
                .ok());
  };
  const std::map<std::string, std::string> append_time = {
      {"message.timestamp.type", "LogAppendTime"}};
  create("calls", shape.partitions, {{"message.timestamp.after.max.ms", "9223372036854775807"}});
  create(context_->names.ShuffleTopic(), shape.merges, append_time);
  create(context_->names.ProgressTopic(), shape.lanes + shape.merges,
         {{"cleanup.policy", "compact"}});
  create(context_->names.LedgerTopic(), 1, {{"cleanup.policy", "compact"}});
  create(context_->names.LateTopic(), 1, shape.late_topic);
  create(context_->names.DeadLetterTopic(), 1, shape.late_topic);
  for (const QueryPlan& query : context_->plan->queries) {
    for (const SinkPlan& sink : query.sinks) {
      create(sink.topic, 1, append_time);
      context_->sink_partitions[sink.topic] = 1;
    }
  }
}

Offset PipelineFixture::Append(std::int32_t partition, std::optional<std::string_view> value,
                               std::int64_t timestamp_ms) {
  const LogResult<Offset> offset =
      log_.Append(Input(partition),
                  {.key = "key", .value = value, .headers = {}, .timestamp_ms = timestamp_ms});
  REQUIRE(offset.ok());
  return *offset.value;
}

std::optional<std::string> PipelineFixture::LastProgress(TaskId task) const {
  const auto partition = PipelineNames::ProgressPartition(task, context_->lanes());
  const std::vector<DumpedRecord> records =
      Committed(context_->names.ProgressTopic(), partition.value());
  return records.empty() ? std::nullopt : records.back().value;
}

LaneProgress PipelineFixture::FirstProgress(std::uint32_t lane) const {
  LaneProgress progress{.incarnation = context_->names.incarnation};
  for (std::uint32_t s = lane; s < context_->sources.size(); s += context_->lanes()) {
    SourceProgress source;
    source.source = SourceOrdinal(s);
    progress.sources.push_back(std::move(source));
  }
  return progress;
}

LaneProgress PipelineFixture::Progress(std::uint32_t lane) const {
  const std::optional<std::string> bytes = LastProgress(TaskId::Of(Lane(lane)));
  return bytes ? DecodeLaneProgress(*bytes).value() : FirstProgress(lane);
}

std::unique_ptr<Producer> PipelineFixture::Claim(TaskId task, const std::string& progress) {
  auto producer = client_->NewProducer({.transactional_id = context_->names.TransactionalId(task)});
  REQUIRE(producer->InitTransactions(kTimeout).ok());
  REQUIRE(producer->Begin().ok());
  REQUIRE(producer
              ->Produce({.topic = context_->names.ProgressTopic(),
                         .partition = PipelineNames::ProgressPartition(task, context_->lanes()),
                         .key = kProgressKey,
                         .value = progress,
                         .headers = {}})
              .ok());
  REQUIRE(producer->Commit(kTimeout).ok());
  return producer;
}

void PipelineFixture::StartLane(std::uint32_t lane) {
  lanes_.erase(lane);
  LaneProgress progress = Progress(lane);
  ++progress.epoch;
  Running<SourceTask>& running = lanes_[lane];
  running.producer = Claim(TaskId::Of(Lane(lane)), EncodeProgress(progress));
  running.task = std::make_unique<SourceTask>(
      SourceTask::Parts{client_.get(), running.producer.get(), &board_, context_}, Lane(lane),
      progress, options_);
}

void PipelineFixture::StartMerge(std::uint32_t merge) {
  merges_.erase(merge);
  const TaskId id = TaskId::Of(ShufflePartition(merge));
  MergeProgress progress{.incarnation = context_->names.incarnation};
  if (const std::optional<std::string> bytes = LastProgress(id))
    progress = DecodeMergeProgress(*bytes).value();
  ++progress.epoch;
  Running<MergeTask>& running = merges_[merge];
  running.producer = Claim(id, EncodeProgress(progress));
  running.task = std::make_unique<MergeTask>(
      MergeTask::Parts{client_.get(), running.producer.get(), nullptr, context_},
      ShufflePartition(merge), progress, MergeTaskOptions{});
}

StepResult PipelineFixture::RunLane(std::uint32_t lane) {
  StepResult result;
  for (int round = 0; round < 2; ++round) {
    do {
      result = StepLane(lane);
    } while (result.outcome == StepOutcome::kWorked);
    if (result.outcome != StepOutcome::kIdle) return result;
    if (round == 0) Advance(options_.commit_interval);
  }
  return result;
}

StepResult PipelineFixture::RunMerge(std::uint32_t merge) {
  StepResult result;
  for (int round = 0; round < 2; ++round) {
    do {
      result = StepMerge(merge);
    } while (result.outcome == StepOutcome::kWorked);
    if (result.outcome != StepOutcome::kIdle) return result;
    if (round == 0) Advance(Duration(2'000));
  }
  return result;
}

void PipelineFixture::ShowProgress() {
  for (const auto& [lane, running] : lanes_) board_.lanes[Lane(lane)] = running.task->committed();
  for (const auto& [merge, running] : merges_)
    board_.merges[ShufflePartition(merge)] = running.task->committed();
}

std::vector<DumpedRecord> PipelineFixture::Committed(const std::string& topic,
                                                     std::int32_t partition) const {
  std::vector<DumpedRecord> committed;
  for (DumpedRecord& record : log_.Dump({topic, Partition(partition)})) {
    if (record.state == DumpedRecord::State::kCommitted) committed.push_back(std::move(record));
  }
  return committed;
}

std::vector<Frame> PipelineFixture::Frames(std::uint32_t partition) const {
  std::vector<Frame> frames;
  for (const DumpedRecord& record :
       Committed(context_->names.ShuffleTopic(), static_cast<std::int32_t>(partition))) {
    frames.push_back(ReadFrame(*context_->plan, record.value.value()));
  }
  return frames;
}

}  // namespace tidemark
