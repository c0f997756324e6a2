#include "control/admin_service.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "control/admin_plan.h"
#include "control/admin_windows.h"
#include "control/channel.h"
#include "control/row_reader.h"
#include "tidemark/admin/v1/admin.grpc.pb.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

using View = std::shared_ptr<const ClusterView>;
using Known = AdminReads::Known;

constexpr Duration kChangeDeadline{30'000};
constexpr Duration kWatchInterval{100};
constexpr Duration kSilence{10'000};

// At most 1,000 bytes of a text, cut between characters.
std::string Shortened(std::string text) {
  constexpr std::size_t kMost = 1'000;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// Details travel in the trailing metadata, of which clients take 8 KiB: what has no room there, a
// plan tells.
grpc::Status WithDiagnostics(const std::vector<Diagnostic>& diagnostics) {
  constexpr std::size_t kMostDetails = 3'000;  // bytes before their text form
  pb::Diagnostics all;
  for (const Diagnostic& diagnostic : diagnostics) {
    Fill(diagnostic, *all.add_diagnostics());
    if (all.ByteSizeLong() <= kMostDetails) continue;
    if (all.diagnostics_size() > 1) {
      all.mutable_diagnostics()->RemoveLast();
    } else {
      pb::Diagnostic& only = *all.mutable_diagnostics(0);
      only.set_message(Shortened(only.message()));
      only.set_suggestion(Shortened(only.suggestion()));
    }
    break;
  }
  const Diagnostic& first = diagnostics.front();
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  details.set_message(StrCat(
      first.file, ":", first.line, ":", first.column, ": ", Shortened(first.message),
      diagnostics.size() == 1 ? "" : StrCat(" (and ", diagnostics.size() - 1, " more mistakes)")));
  details.add_details()->PackFrom(all);
  return {grpc::StatusCode::INVALID_ARGUMENT, details.message(), details.SerializeAsString()};
}

// Of a plan or apply request.
template <class Request>
PlanResult PlanOf(const Request& request) {
  return PlanPipeline({.file = request.file().empty() ? "pipeline.yaml" : request.file(),
                       .text = request.text(),
                       .descriptor_set = request.descriptor_set()});
}

grpc::Status NotYet(const char* what, const char* instead) {
  return {grpc::StatusCode::UNIMPLEMENTED,
          StrCat(what, " is not supported yet", *instead == '\0' ? "" : ": ", instead)};
}

}  // namespace

struct AdminService::Impl final : public pb::Admin::Service {
  explicit Impl(Ports given)
      : ports(std::move(given)), reads({ports.host, ports.log, ports.clock}) {}

  grpc::Status Answer(grpc::ServerContext* context, const Status& status) {
    if (status.ok()) return grpc::Status::OK;
    if (status.code() == StatusCode::kUnavailable) {
      const SessionHub::Standing standing = ports.host->standing();
      if (!standing.leader.empty()) context->AddTrailingMetadata(kLeaderMetadata, standing.leader);
    }
    return {static_cast<grpc::StatusCode>(status.code()), status.message()};
  }
  template <class T>
  grpc::Status Answer(grpc::ServerContext* context, Result<T> result, T* out) {
    if (!result.ok()) return Answer(context, result.status());
    *out = std::move(result).value();
    return grpc::Status::OK;
  }

  Result<pb::Pipeline> Describe(const std::string& name) {
    pb::GetPipelineRequest request;
    request.set_name(name);
    return reads.Get(request);
  }
  Result<pb::Pipeline> Change(PipelineChange change) {
    const std::string name = change.name;
    TM_ASSIGN_OR_RETURN(const PipelineDefinition changed,
                        ports.host->Change(std::move(change), kChangeDeadline));
    TM_ASSIGN_OR_RETURN(const View view, ports.host->Look());
    const auto plan = reads.plans().PlanOf(changed);
    return DescribePipeline(*view, changed, plan.get(), Detail::kFull);
  }

  grpc::Status PlanPipeline(grpc::ServerContext* context, const pb::PlanPipelineRequest* request,
                            pb::PlanPipelineResponse* response) override;
  grpc::Status ApplyPipeline(grpc::ServerContext* context, const pb::ApplyPipelineRequest* request,
                             pb::Pipeline* response) override;
  grpc::Status GetPipeline(grpc::ServerContext* context, const pb::GetPipelineRequest* request,
                           pb::Pipeline* response) override;
  grpc::Status ListPipelines(grpc::ServerContext* context, const pb::ListPipelinesRequest* request,
                             pb::ListPipelinesResponse* response) override;
  grpc::Status SetPipelineState(grpc::ServerContext* context,
                                const pb::SetPipelineStateRequest* request,
                                pb::Pipeline* response) override;
  grpc::Status DeletePipeline(grpc::ServerContext* context,
                              const pb::DeletePipelineRequest* request,
                              pb::Pipeline* response) override;
  grpc::Status WatchPipeline(grpc::ServerContext* context, const pb::WatchPipelineRequest* request,
                             grpc::ServerWriter<pb::Pipeline>* writer) override;
  grpc::Status AuditPipeline(grpc::ServerContext* context, const pb::AuditPipelineRequest* request,
                             pb::Audit* response) override;
  grpc::Status GetQuerySchema(grpc::ServerContext* context,
                              const pb::GetQuerySchemaRequest* request,
                              pb::QuerySchema* response) override;
  grpc::Status TailQuery(grpc::ServerContext* context, const pb::TailQueryRequest* request,
                         grpc::ServerWriter<pb::TailQueryResponse>* writer) override;
  grpc::Status ListWindows(grpc::ServerContext* context, const pb::ListWindowsRequest* request,
                           pb::ListWindowsResponse* response) override;
  grpc::Status ListWorkers(grpc::ServerContext* context, const pb::ListWorkersRequest* request,
                           pb::ListWorkersResponse* response) override;
  grpc::Status ListTasks(grpc::ServerContext* context, const pb::ListTasksRequest* request,
                         pb::ListTasksResponse* response) override;

  grpc::Status ExplainWindow(grpc::ServerContext*, const pb::ExplainWindowRequest*,
                             pb::ExplainWindowResponse*) override {
    return NotYet("ExplainWindow", "ListWindows shows each partition's time and what holds it");
  }
  grpc::Status CloseWindows(grpc::ServerContext*, const pb::CloseWindowsRequest*,
                            pb::CloseWindowsResponse*) override {
    return NotYet("CloseWindows", "all_idle: {close_after: 10m} in the pipeline file closes them");
  }
  grpc::Status GetState(grpc::ServerContext*, const pb::GetStateRequest*,
                        pb::GetStateResponse*) override {
    return NotYet("GetState", "");
  }
  grpc::Status DrainWorker(grpc::ServerContext*, const pb::DrainWorkerRequest*,
                           pb::Worker*) override {
    return NotYet("DrainWorker", "end the worker with SIGTERM: it commits and its tasks move");
  }
  grpc::Status MoveTask(grpc::ServerContext*, const pb::MoveTaskRequest*, pb::Task*) override {
    return NotYet("MoveTask", "tasks are balanced over the workers by themselves");
  }

  bool Over(const grpc::ServerContext* context) const {
    return ending.load() || context->IsCancelled();
  }
  void Pause(Duration duration) {
    std::unique_lock lock(mutex);
    end.wait_for(lock, duration, [this] { return ending.load(); });
  }
  grpc::Status Ended(const grpc::ServerContext* context) const {
    if (context->IsCancelled()) return grpc::Status::CANCELLED;
    return {grpc::StatusCode::UNAVAILABLE, "this coordinator ends: ask another one"};
  }
  Status Follow(grpc::ServerContext* context, const pb::TailQueryRequest& request,
                grpc::ServerWriter<pb::TailQueryResponse>& writer);

  Ports ports;
  AdminReads reads;
  std::atomic<int> streams{0};
  std::atomic<bool> ending{false};
  std::mutex mutex;
  std::condition_variable end;
};

AdminService::AdminService(Ports ports) : impl_(std::make_unique<Impl>(std::move(ports))) {}
AdminService::~AdminService() = default;

grpc::Service* AdminService::service() { return impl_.get(); }

AdminReads& AdminService::reads() { return impl_->reads; }

void AdminService::EndStreams() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->end.notify_all();
}

grpc::Status AdminService::Impl::PlanPipeline(grpc::ServerContext* context,
                                              const pb::PlanPipelineRequest* request,
                                              pb::PlanPipelineResponse* response) {
  const Seat seat(reads.readers(), AdminReads::kMostReaders);
  if (!seat.got()) return Answer(context, TooManyAtOnce("calls read the log"));
  auto view = ports.host->Look();
  if (!view.ok()) return Answer(context, view.status());
  const PlanResult planned = PlanOf(*request);
  if (planned.ok()) {
    return Answer(context,
                  DescribePlan({ports.log, ports.clock, *view}, *planned.plan, request->text()),
                  response);
  }
  response->set_verdict(pb::VERDICT_REFUSED);
  response->set_reason("the file has mistakes");
  for (const Diagnostic& diagnostic : planned.diagnostics) {
    Fill(diagnostic, *response->add_diagnostics());
  }
  return grpc::Status::OK;
}

grpc::Status AdminService::Impl::ApplyPipeline(grpc::ServerContext* context,
                                               const pb::ApplyPipelineRequest* request,
                                               pb::Pipeline* response) {
  const PlanResult planned = PlanOf(*request);
  if (!planned.ok()) return WithDiagnostics(planned.diagnostics);
  const std::string& name = planned.plan->name;
  if (!request->plan_id().empty()) {
    const auto view = ports.host->Look();
    if (!view.ok()) return Answer(context, view.status());
    if (PlanIdOf(**view, *planned.plan, request->text()) != request->plan_id()) {
      return {grpc::StatusCode::ABORTED,
              "the plan was made for another text, or the pipeline has changed since: plan again"};
    }
  }
  const auto reuse =
      request->reuse_topics() ? ApplyRequest::Reuse::kAllow : ApplyRequest::Reuse::kRefuse;
  PipelineChange change{.name = name};
  change.apply = ApplyRequest{.plan = planned.plan,
                              .text = request->text(),
                              .applied_at = ports.now(),
                              .reuse_topics = reuse};
  return Answer(context, Change(std::move(change)), response);
}

grpc::Status AdminService::Impl::GetPipeline(grpc::ServerContext* context,
                                             const pb::GetPipelineRequest* request,
                                             pb::Pipeline* response) {
  return Answer(context, reads.Get(*request), response);
}

grpc::Status AdminService::Impl::ListPipelines(grpc::ServerContext* context,
                                               const pb::ListPipelinesRequest* request,
                                               pb::ListPipelinesResponse* response) {
  return Answer(context, reads.List(*request), response);
}

grpc::Status AdminService::Impl::SetPipelineState(grpc::ServerContext* context,
                                                  const pb::SetPipelineStateRequest* request,
                                                  pb::Pipeline* response) {
  PipelineChange change{.name = request->name(), .etag = request->etag()};
  if (request->state() == pb::PIPELINE_STATE_PAUSED) {
    change.wanted = PipelineState::kPaused;
  } else if (request->state() != pb::PIPELINE_STATE_RUNNING) {
    return Answer(context, Status::Invalid("state is RUNNING or PAUSED: others are not set, but "
                                           "come about; DeletePipeline deletes"));
  }
  if (const auto known = reads.Know(request->name()); !known.ok()) {
    return Answer(context, known.status());
  }
  return Answer(context, Change(std::move(change)), response);
}

grpc::Status AdminService::Impl::DeletePipeline(grpc::ServerContext* context,
                                                const pb::DeletePipelineRequest* request,
                                                pb::Pipeline* response) {
  if (const auto known = reads.Know(request->name()); !known.ok()) {
    return Answer(context, known.status());
  }
  return Answer(context,
                Change({.name = request->name(),
                        .etag = request->etag(),
                        .apply = std::nullopt,
                        .wanted = PipelineState::kDeleting}),
                response);
}

grpc::Status AdminService::Impl::WatchPipeline(grpc::ServerContext* context,
                                               const pb::WatchPipelineRequest* request,
                                               grpc::ServerWriter<pb::Pipeline>* writer) {
  const Seat seat(&streams, kMostStreams);
  if (!seat.got()) return Answer(context, TooManyAtOnce("streams are open"));
  std::string sent;
  while (!Over(context)) {
    const auto pipeline = Describe(request->name());
    if (!pipeline.ok()) return Answer(context, pipeline.status());
    std::string bytes = pipeline->SerializeAsString();
    if (bytes != sent && !writer->Write(*pipeline)) break;
    sent = std::move(bytes);
    Pause(kWatchInterval);
  }
  return Ended(context);
}

grpc::Status AdminService::Impl::AuditPipeline(grpc::ServerContext* context,
                                               const pb::AuditPipelineRequest* request,
                                               pb::Audit* response) {
  return Answer(context, reads.Audit(*request), response);
}

grpc::Status AdminService::Impl::GetQuerySchema(grpc::ServerContext* context,
                                                const pb::GetQuerySchemaRequest* request,
                                                pb::QuerySchema* response) {
  return Answer(context, reads.Schema(*request), response);
}

Status AdminService::Impl::Follow(grpc::ServerContext* context, const pb::TailQueryRequest& request,
                                  grpc::ServerWriter<pb::TailQueryResponse>& writer) {
  TM_ASSIGN_OR_RETURN(const Known known, reads.KnowPlan(request.pipeline()));
  TM_ASSIGN_OR_RETURN(const QueryPlan* query, FindQuery(*known.plan, request.query()));
  if (query->sinks.empty()) return Status::FailedPrecondition("the query has no result topic");
  std::map<Partition, Offset> resume;
  for (const pb::LogPosition& position : request.positions()) {
    resume[Partition(position.partition())] = Offset(position.offset());
  }
  const auto begin =
      request.from_beginning() ? RowReader::Begin::kEarliest : RowReader::Begin::kNow;
  TM_ASSIGN_OR_RETURN(
      const auto reader,
      RowReader::Open(ports.log, *ports.clock, query->sinks.front().topic, begin, resume));
  MonotonicTime last = ports.clock->Now();
  while (!Over(context)) {
    TM_ASSIGN_OR_RETURN(pb::TailQueryResponse response, reader->Read(request.query()));
    const MonotonicTime now = ports.clock->Now();
    if (response.rows().empty() && now - last < kSilence) {
      Pause(kWatchInterval);
      continue;
    }
    last = now;
    if (response.rows().empty()) {
      TM_ASSIGN_OR_RETURN(const Known present, reads.Know(request.pipeline()));
      response.set_waiting(WhyNoRow(*present.view, *present.pipeline, *known.plan, *query));
    }
    if (!writer.Write(response)) break;
  }
  return {};
}

grpc::Status AdminService::Impl::TailQuery(grpc::ServerContext* context,
                                           const pb::TailQueryRequest* request,
                                           grpc::ServerWriter<pb::TailQueryResponse>* writer) {
  const Seat seat(&streams, kMostStreams);
  if (!seat.got()) return Answer(context, TooManyAtOnce("streams are open"));
  const Seat reader(reads.readers(), AdminReads::kMostReaders);
  if (!reader.got()) return Answer(context, TooManyAtOnce("calls read the log"));
  const Status followed = Follow(context, *request, *writer);
  return followed.ok() ? Ended(context) : Answer(context, followed);
}

grpc::Status AdminService::Impl::ListWindows(grpc::ServerContext* context,
                                             const pb::ListWindowsRequest* request,
                                             pb::ListWindowsResponse* response) {
  return Answer(context, reads.Windows(*request), response);
}

grpc::Status AdminService::Impl::ListWorkers(grpc::ServerContext* context,
                                             const pb::ListWorkersRequest* request,
                                             pb::ListWorkersResponse* response) {
  return Answer(context, reads.Workers(*request), response);
}

grpc::Status AdminService::Impl::ListTasks(grpc::ServerContext* context,
                                           const pb::ListTasksRequest* request,
                                           pb::ListTasksResponse* response) {
  return Answer(context, reads.Tasks(*request), response);
}

}  // namespace tidemark
