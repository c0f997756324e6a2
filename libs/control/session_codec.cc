#include "control/session_codec.h"

#include <utility>

#include "base/text.h"
#include "cluster/cluster_state.h"
#include "tidemark/control/v1/session.pb.h"

namespace tidemark {
namespace {

namespace pb = control::v1;

void Fill(const WorkerIdentity& worker, pb::WorkerIdentity& out) {
  out.set_id(worker.id);
  out.set_incarnation(worker.incarnation.text());
}

Result<WorkerIdentity> Read(const pb::WorkerIdentity& in) {
  WorkerIdentity worker{.id = in.id()};
  if (worker.id.empty()) return Status::Invalid("a worker without id");
  TM_ASSIGN_OR_RETURN(worker.incarnation, Incarnation::Parse(in.incarnation()));
  return worker;
}

void Fill(const TaskAddress& task, pb::TaskAddress& out) {
  out.set_pipeline(task.pipeline);
  out.set_incarnation(task.incarnation.text());
  out.set_task(task.task.ToString());
}

Result<TaskAddress> Read(const pb::TaskAddress& in) {
  TaskAddress task{.pipeline = in.pipeline()};
  TM_ASSIGN_OR_RETURN(task.incarnation, Incarnation::Parse(in.incarnation()));
  TM_ASSIGN_OR_RETURN(task.task, TaskId::Parse(in.task()));
  return task;
}

void Fill(const SourceReport& source, pb::SourceReport& out) {
  out.set_source(source.source.value());
  out.set_state(source.state);
  out.set_position(source.position.value());
  out.set_high_watermark(source.high_watermark.value());
  if (source.watermark) out.set_watermark(source.watermark->value());
}

SourceReport Read(const pb::SourceReport& in) {
  SourceReport source{.source = SourceOrdinal(in.source()),
                      .state = in.state(),
                      .position = Offset(in.position()),
                      .high_watermark = Offset(in.high_watermark())};
  if (in.has_watermark()) source.watermark = Watermark(in.watermark());
  return source;
}

void Fill(const MergeReport& merge, pb::MergeReport& out) {
  if (merge.combined) out.set_combined(merge.combined->value());
  out.set_replay_ratio(merge.replay_ratio);
  out.set_open_windows(merge.open_windows);
  out.set_open_cells(merge.open_cells);
  out.set_state_bytes(merge.state_bytes);
}

MergeReport Read(const pb::MergeReport& in) {
  MergeReport merge{.replay_ratio = in.replay_ratio(),
                    .open_windows = in.open_windows(),
                    .open_cells = in.open_cells(),
                    .state_bytes = in.state_bytes()};
  if (in.has_combined()) merge.combined = Watermark(in.combined());
  return merge;
}

void Fill(const TaskReport& report, pb::TaskReport& out) {
  Fill(report.task, *out.mutable_task());
  out.set_epoch(report.epoch.value());
  out.set_state(static_cast<pb::TaskState>(static_cast<int>(report.state) + 1));
  out.set_reason(report.reason);
  if (report.committed_replay_point) {
    out.set_replay_point(
        EncodeProgress(MergeProgress{.incarnation = report.task.incarnation,
                                     .epoch = report.epoch,
                                     .replay_point = *report.committed_replay_point}));
  }
  for (const SourceReport& source : report.sources) Fill(source, *out.add_sources());
  if (report.merge) Fill(*report.merge, *out.mutable_merge());
}

Result<TaskReport> Read(const pb::TaskReport& in) {
  TaskReport report;
  TM_ASSIGN_OR_RETURN(report.task, Read(in.task()));
  report.epoch = OwnerEpoch(in.epoch());
  if (in.state() < pb::TASK_STATE_TAKING || in.state() > pb::TASK_STATE_HALTED) {
    return Status::Invalid("a task report without a state that is known");
  }
  report.state = static_cast<TaskState>(in.state() - 1);
  report.reason = in.reason();
  if (!in.replay_point().empty()) {
    TM_ASSIGN_OR_RETURN(MergeProgress progress, DecodeMergeProgress(in.replay_point()));
    report.committed_replay_point = std::move(progress.replay_point);
  }
  for (const pb::SourceReport& source : in.sources()) report.sources.push_back(Read(source));
  if (in.has_merge()) report.merge = Read(in.merge());
  return report;
}

Result<Hello> Read(const pb::Hello& in) {
  Hello hello{.address = in.address(), .newest_format = in.newest_format()};
  TM_ASSIGN_OR_RETURN(hello.worker, Read(in.worker()));
  return hello;
}

Result<Heartbeat> Read(const pb::Heartbeat& in) {
  Heartbeat heartbeat{.address = in.address()};
  TM_ASSIGN_OR_RETURN(heartbeat.worker, Read(in.worker()));
  if (in.phase() < pb::WORKER_PHASE_SERVING || in.phase() > pb::WORKER_PHASE_CUT_OFF) {
    return Status::Invalid("a heartbeat without a phase that is known");
  }
  heartbeat.phase = static_cast<Heartbeat::Phase>(in.phase() - 1);
  for (const pb::TaskReport& task : in.tasks()) {
    TM_ASSIGN_OR_RETURN(TaskReport report, Read(task));
    heartbeat.tasks.push_back(std::move(report));
  }
  return heartbeat;
}

void Fill(const AssignmentSnapshot& snapshot, pb::AssignmentSnapshot& out) {
  out.set_term(snapshot.term.value());
  out.set_at(snapshot.at.value());
  for (const Assignment& assignment : snapshot.tasks) {
    pb::Assignment& task = *out.add_tasks();
    Fill(assignment.task, *task.mutable_task());
    task.set_epoch(assignment.epoch.value());
    task.set_version(assignment.version.value());
  }
  for (const auto& [name, pipeline] : snapshot.pipelines) {
    pb::PipelineRecord& record = *out.add_pipelines();
    record.set_name(name);
    record.set_record(*EncodePipeline(*pipeline).value);
  }
}

Result<AssignmentSnapshot> Read(const pb::AssignmentSnapshot& in) {
  AssignmentSnapshot snapshot{.term = Term(in.term()), .at = Offset(in.at())};
  for (const pb::Assignment& task : in.tasks()) {
    Assignment assignment{.epoch = OwnerEpoch(task.epoch()),
                          .version = PlanVersion(task.version())};
    TM_ASSIGN_OR_RETURN(assignment.task, Read(task.task()));
    snapshot.tasks.push_back(std::move(assignment));
  }
  ClusterState pipelines;
  for (const pb::PipelineRecord& record : in.pipelines()) {
    TM_RETURN_IF_ERROR(pipelines.Apply(StrCat("pipeline/", record.name()), record.record()));
  }
  snapshot.pipelines = std::move(pipelines.pipelines);
  return snapshot;
}

}  // namespace

pb::WorkerMessage ToProto(const Upward& message) {
  pb::WorkerMessage out;
  if (const auto* hello = std::get_if<Hello>(&message)) {
    Fill(hello->worker, *out.mutable_hello()->mutable_worker());
    out.mutable_hello()->set_address(hello->address);
    out.mutable_hello()->set_newest_format(hello->newest_format);
    return out;
  }
  const auto& heartbeat = std::get<Heartbeat>(message);
  pb::Heartbeat& to = *out.mutable_heartbeat();
  Fill(heartbeat.worker, *to.mutable_worker());
  to.set_address(heartbeat.address);
  to.set_phase(static_cast<pb::WorkerPhase>(static_cast<int>(heartbeat.phase) + 1));
  for (const TaskReport& report : heartbeat.tasks) Fill(report, *to.add_tasks());
  return out;
}

Result<Upward> FromProto(const pb::WorkerMessage& message) {
  if (message.has_hello()) {
    TM_ASSIGN_OR_RETURN(Hello hello, Read(message.hello()));
    return Upward(std::move(hello));
  }
  if (message.has_heartbeat()) {
    TM_ASSIGN_OR_RETURN(Heartbeat heartbeat, Read(message.heartbeat()));
    return Upward(std::move(heartbeat));
  }
  return Status::Invalid("a message of a kind that this program does not know");
}

pb::CoordinatorMessage ToProto(const DownwardContent& content) {
  pb::CoordinatorMessage out;
  if (const auto* welcome = std::get_if<Welcome>(&content)) {
    out.mutable_welcome()->set_term(welcome->term.value());
  } else if (const auto* snapshot = std::get_if<AssignmentSnapshot>(&content)) {
    Fill(*snapshot, *out.mutable_snapshot());
  } else if (const auto* who = std::get_if<WhoAreYou>(&content)) {
    out.mutable_who_are_you()->set_term(who->term.value());
  } else {
    out.mutable_replaced()->set_term(std::get<Replaced>(content).term.value());
  }
  return out;
}

Result<DownwardContent> FromProto(const pb::CoordinatorMessage& message) {
  switch (message.content_case()) {
    case pb::CoordinatorMessage::kWelcome:
      return DownwardContent(Welcome{Term(message.welcome().term())});
    case pb::CoordinatorMessage::kSnapshot: {
      TM_ASSIGN_OR_RETURN(AssignmentSnapshot snapshot, Read(message.snapshot()));
      return DownwardContent(std::move(snapshot));
    }
    case pb::CoordinatorMessage::kWhoAreYou:
      return DownwardContent(WhoAreYou{Term(message.who_are_you().term())});
    case pb::CoordinatorMessage::kReplaced:
      return DownwardContent(Replaced{Term(message.replaced().term())});
    case pb::CoordinatorMessage::CONTENT_NOT_SET:
      break;
  }
  return Status::Invalid("a message of a kind that this program does not know");
}

}  // namespace tidemark
