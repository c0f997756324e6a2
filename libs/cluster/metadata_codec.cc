#include <array>

#include "base/text.h"
#include "cluster/cluster_state.h"
#include "tidemark/internal/v1/metadata.pb.h"

namespace tidemark {
namespace {

namespace pb = internal::v1;

constexpr std::string_view kMagic = "TM";
constexpr char kVersion = 1;
enum class RecordKind : char { kTerm = 3, kPipeline = 4, kTask = 5 };

template <class Message>
std::string Seal(RecordKind kind, const Message& message) {
  std::string out(kMagic);
  out.push_back(static_cast<char>(kind));
  out.push_back(kVersion);
  message.AppendToString(&out);
  return out;
}

template <class Message>
Result<Message> Unseal(RecordKind kind, std::string_view bytes) {
  if (bytes.size() < 4 || !bytes.starts_with(kMagic) || bytes[2] != static_cast<char>(kind)) {
    return Status::DataLoss("it is no record of its kind");
  }
  if (bytes[3] > kVersion) {
    return Status::FailedPrecondition(StrCat("it has format version ", int{bytes[3]},
                                             ", newer than ", int{kVersion},
                                             ", the newest this program reads: upgrade it"));
  }
  Message message;
  if (!message.ParseFromArray(bytes.data() + 4, static_cast<int>(bytes.size()) - 4)) {
    return Status::DataLoss("its content does not parse");
  }
  return message;
}

std::string TaskKey(const TaskAddress& task) {
  return StrCat("task/", task.pipeline, "/", task.incarnation.text(), "/", task.task.ToString());
}

Result<TaskAddress> ParseTaskKey(std::string_view rest) {
  const std::size_t first = rest.find('/');
  const std::size_t second = first == rest.npos ? rest.npos : rest.find('/', first + 1);
  if (second == rest.npos) return Status::DataLoss("it is no task key");
  TaskAddress task;
  task.pipeline = rest.substr(0, first);
  TM_ASSIGN_OR_RETURN(task.incarnation,
                      Incarnation::Parse(rest.substr(first + 1, second - first - 1)));
  TM_ASSIGN_OR_RETURN(task.task, TaskId::Parse(rest.substr(second + 1)));
  return task;
}

Result<PipelineDefinition> FromProto(std::string_view name, const pb::PipelineRecord& record) {
  PipelineDefinition pipeline;
  pipeline.name = name;
  TM_ASSIGN_OR_RETURN(pipeline.incarnation, Incarnation::Parse(record.incarnation()));
  pipeline.version = PlanVersion(record.version());
  if (record.state() < pb::DESIRED_STATE_RUNNING || record.state() > pb::DESIRED_STATE_HALTED) {
    return Status::DataLoss("its state is unknown");
  }
  pipeline.state = static_cast<PipelineState>(record.state() - pb::DESIRED_STATE_RUNNING);
  pipeline.reason = record.reason();
  pipeline.text = record.text();
  pipeline.descriptor_set = record.descriptor_set();
  for (const pb::SourcePartition& source : record.sources()) {
    pipeline.sources.push_back({source.topic(), Partition(source.partition())});
    pipeline.start_offsets.push_back(Offset(std::int64_t{source.start_offset()}));
  }
  if (record.has_start_time_ms()) {
    pipeline.start_time = EventTime(std::int64_t{record.start_time_ms()});
  }
  pipeline.lanes = record.lanes();
  pipeline.merges = record.merges();
  for (const auto& [topic, count] : record.sink_partitions()) {
    pipeline.sink_partitions[topic] = count;
  }
  return pipeline;
}

Result<TaskOwner> FromProto(const pb::TaskRecord& record) {
  TaskOwner owner{.epoch = OwnerEpoch(std::uint64_t{record.epoch()})};
  if (record.worker().empty()) return owner;
  WorkerIdentity worker{.id = record.worker()};
  TM_ASSIGN_OR_RETURN(worker.incarnation, Incarnation::Parse(record.worker_incarnation()));
  owner.worker = std::move(worker);
  return owner;
}

Status ApplyPipelineRecord(ClusterState& state, std::string_view name,
                           std::optional<std::string_view> value) {
  if (!value) {
    state.pipelines.erase(std::string(name));
    return {};
  }
  TM_ASSIGN_OR_RETURN(const auto record, Unseal<pb::PipelineRecord>(RecordKind::kPipeline, *value));
  TM_ASSIGN_OR_RETURN(PipelineDefinition pipeline, FromProto(name, record));
  state.pipelines[std::string(name)] =
      std::make_shared<const PipelineDefinition>(std::move(pipeline));
  return {};
}

Status ApplyTaskRecord(ClusterState& state, std::string_view key,
                       std::optional<std::string_view> value) {
  TM_ASSIGN_OR_RETURN(const TaskAddress task, ParseTaskKey(key));
  if (!value) {
    state.tasks.erase(task);
    return {};
  }
  TM_ASSIGN_OR_RETURN(const auto record, Unseal<pb::TaskRecord>(RecordKind::kTask, *value));
  TM_ASSIGN_OR_RETURN(state.tasks[task], FromProto(record));
  return {};
}

Status ApplyTermRecord(ClusterState& state, std::optional<std::string_view> value) {
  if (!value) return Status::DataLoss("a term is never removed");
  TM_ASSIGN_OR_RETURN(const auto record, Unseal<pb::TermRecord>(RecordKind::kTerm, *value));
  state.term = Term(std::uint64_t{record.term()});
  state.term_holder = record.holder();
  return {};
}

Status ApplyByKey(ClusterState& state, std::string_view key,
                  std::optional<std::string_view> value) {
  constexpr std::string_view kPipeline = "pipeline/";
  constexpr std::string_view kTask = "task/";
  if (key == "term") return ApplyTermRecord(state, value);
  if (key.starts_with(kPipeline)) {
    return ApplyPipelineRecord(state, key.substr(kPipeline.size()), value);
  }
  if (key.starts_with(kTask)) return ApplyTaskRecord(state, key.substr(kTask.size()), value);
  return Status::FailedPrecondition("its key is unknown: a newer program may have written it");
}

}  // namespace

MetadataRecord EncodeTerm(Term term, std::string_view holder) {
  pb::TermRecord record;
  record.set_term(term.value());
  record.set_holder(std::string(holder));
  return {"term", Seal(RecordKind::kTerm, record)};
}

MetadataRecord EncodePipeline(const PipelineDefinition& pipeline) {
  pb::PipelineRecord record;
  record.set_incarnation(pipeline.incarnation.text());
  record.set_version(pipeline.version.value());
  record.set_state(
      static_cast<pb::DesiredState>(static_cast<int>(pipeline.state) + pb::DESIRED_STATE_RUNNING));
  record.set_reason(pipeline.reason);
  record.set_text(pipeline.text);
  record.set_descriptor_set(pipeline.descriptor_set);
  for (std::size_t s = 0; s < pipeline.sources.size(); ++s) {
    pb::SourcePartition& source = *record.add_sources();
    source.set_topic(pipeline.sources[s].topic);
    source.set_partition(pipeline.sources[s].partition.value());
    source.set_start_offset(pipeline.start_offsets[s].value());
  }
  if (pipeline.start_time) record.set_start_time_ms(pipeline.start_time->value());
  record.set_lanes(pipeline.lanes);
  record.set_merges(pipeline.merges);
  for (const auto& [topic, count] : pipeline.sink_partitions) {
    (*record.mutable_sink_partitions())[topic] = count;
  }
  return {StrCat("pipeline/", pipeline.name), Seal(RecordKind::kPipeline, record)};
}

MetadataRecord EncodeTask(const TaskAddress& task, const TaskOwner& owner) {
  pb::TaskRecord record;
  record.set_epoch(owner.epoch.value());
  if (owner.worker) {
    record.set_worker(owner.worker->id);
    record.set_worker_incarnation(owner.worker->incarnation.text());
  }
  return {TaskKey(task), Seal(RecordKind::kTask, record)};
}

MetadataRecord RemovePipeline(std::string_view name) {
  return {StrCat("pipeline/", name), std::nullopt};
}
MetadataRecord RemoveTask(const TaskAddress& task) { return {TaskKey(task), std::nullopt}; }

Status ClusterState::Apply(std::string_view key, std::optional<std::string_view> value) {
  return ApplyByKey(*this, key, value).Annotate(StrCat("metadata record '", key, "'"));
}

}  // namespace tidemark
