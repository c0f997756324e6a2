#include "control/admin_service.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "control/admin_audit.h"
#include "control/admin_plan.h"
#include "control/admin_windows.h"
#include "control/channel.h"
#include "control/plan_cache.h"
#include "control/row_reader.h"
#include "tidemark/admin/v1/admin.grpc.pb.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

using View = std::shared_ptr<const ClusterView>;
using Definition = std::shared_ptr<const PipelineDefinition>;

constexpr Duration kChangeDeadline{30'000};
constexpr Duration kWatchInterval{100};
constexpr Duration kSilence{10'000};

// A place among a bounded number.
class Seat {
 public:
  Seat(std::atomic<int>* taken, int most) : taken_(taken), got_(taken->fetch_add(1) < most) {}
  ~Seat() { taken_->fetch_sub(1); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  bool got() const { return got_; }

 private:
  std::atomic<int>* taken_;
  bool got_;
};

grpc::Status WithDiagnostics(const std::vector<Diagnostic>& diagnostics) {
  pb::Diagnostics all;
  for (const Diagnostic& diagnostic : diagnostics) Fill(diagnostic, *all.add_diagnostics());
  const Diagnostic& first = diagnostics.front();
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  details.set_message(StrCat(
      first.file, ":", first.line, ":", first.column, ": ", first.message,
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
  explicit Impl(Ports given) : ports(std::move(given)) {}

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

  Status TooMany(const char* what) const {
    return {StatusCode::kResourceExhausted, StrCat("too many ", what, " at once: try again"),
            Blame::kExternal, Retry::kBackoff};
  }

  // A pipeline as it is now, with its plan.
  struct Known {
    View view;
    Definition pipeline;
    std::shared_ptr<const PipelinePlan> plan;
  };
  Result<Known> Know(const std::string& name) {
    Known known;
    TM_ASSIGN_OR_RETURN(known.view, ports.host->Look());
    TM_ASSIGN_OR_RETURN(known.pipeline, FindPipeline(*known.view, name));
    known.plan = plans.PlanOf(*known.pipeline);
    return known;
  }
  Result<Known> KnowPlan(const std::string& name) {
    TM_ASSIGN_OR_RETURN(Known known, Know(name));
    if (known.plan) return known;
    return Status::FailedPrecondition(StrCat(
        "the text of pipeline '", name, "' does not plan with this version of the coordinator"));
  }

  Result<pb::Pipeline> Describe(const std::string& name) {
    TM_ASSIGN_OR_RETURN(const Known known, Know(name));
    return DescribePipeline(*known.view, *known.pipeline, known.plan.get(), Detail::kFull);
  }
  Result<pb::Pipeline> Change(PipelineChange change) {
    const std::string name = change.name;
    TM_ASSIGN_OR_RETURN(const PipelineDefinition changed,
                        ports.host->Change(std::move(change), kChangeDeadline));
    TM_ASSIGN_OR_RETURN(const View view, ports.host->Look());
    const auto plan = plans.PlanOf(changed);
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
  PlanCache plans;
  std::atomic<int> readers{0};
  std::atomic<int> streams{0};
  std::atomic<bool> ending{false};
  std::mutex mutex;
  std::condition_variable end;
};

AdminService::AdminService(Ports ports) : impl_(std::make_unique<Impl>(std::move(ports))) {}
AdminService::~AdminService() = default;

grpc::Service* AdminService::service() { return impl_.get(); }

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
  const Seat seat(&readers, kMostReaders);
  if (!seat.got()) return Answer(context, TooMany("calls read the log"));
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
  return Answer(context, Describe(request->name()), response);
}

grpc::Status AdminService::Impl::ListPipelines(grpc::ServerContext* context,
                                               const pb::ListPipelinesRequest* request,
                                               pb::ListPipelinesResponse* response) {
  const auto view = ports.host->Look();
  if (!view.ok()) return Answer(context, view.status());
  const auto page = tidemark::ListPipelines(**view, {request->page_size(), request->page_token()});
  if (!page.ok()) return Answer(context, page.status());
  for (const Definition& pipeline : page->pipelines) {
    const auto plan = plans.PlanOf(*pipeline);
    *response->add_pipelines() = DescribePipeline(**view, *pipeline, plan.get(), Detail::kList);
  }
  response->set_next_page_token(page->next);
  return grpc::Status::OK;
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
  if (const auto known = Know(request->name()); !known.ok()) {
    return Answer(context, known.status());
  }
  return Answer(context, Change(std::move(change)), response);
}

grpc::Status AdminService::Impl::DeletePipeline(grpc::ServerContext* context,
                                                const pb::DeletePipelineRequest* request,
                                                pb::Pipeline* response) {
  if (const auto known = Know(request->name()); !known.ok()) {
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
  if (!seat.got()) return Answer(context, TooMany("streams are open"));
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
  const Seat seat(&readers, kMostReaders);
  if (!seat.got()) return Answer(context, TooMany("calls read the log"));
  const auto known = KnowPlan(request->name());
  if (!known.ok()) return Answer(context, known.status());
  const PipelineDefinition& pipeline = *known->pipeline;
  const PipelineNames names{known->view->cluster, pipeline.name, pipeline.incarnation};
  const auto progress = ReadProgress(ports.log, *ports.clock, names, pipeline);
  if (!progress.ok()) return Answer(context, progress.status());
  *response = Judge(pipeline, *known->plan, *progress);
  return grpc::Status::OK;
}

grpc::Status AdminService::Impl::GetQuerySchema(grpc::ServerContext* context,
                                                const pb::GetQuerySchemaRequest* request,
                                                pb::QuerySchema* response) {
  const auto known = KnowPlan(request->pipeline());
  if (!known.ok()) return Answer(context, known.status());
  const auto query = FindQuery(*known->plan, request->query());
  if (!query.ok()) return Answer(context, query.status());
  *response = SchemaOf(request->pipeline(), **query);
  return grpc::Status::OK;
}

Status AdminService::Impl::Follow(grpc::ServerContext* context, const pb::TailQueryRequest& request,
                                  grpc::ServerWriter<pb::TailQueryResponse>& writer) {
  TM_ASSIGN_OR_RETURN(const Known known, KnowPlan(request.pipeline()));
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
      TM_ASSIGN_OR_RETURN(const Known present, Know(request.pipeline()));
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
  if (!seat.got()) return Answer(context, TooMany("streams are open"));
  const Seat reader(&readers, kMostReaders);
  if (!reader.got()) return Answer(context, TooMany("calls read the log"));
  const Status followed = Follow(context, *request, *writer);
  return followed.ok() ? Ended(context) : Answer(context, followed);
}

grpc::Status AdminService::Impl::ListWindows(grpc::ServerContext* context,
                                             const pb::ListWindowsRequest* request,
                                             pb::ListWindowsResponse* response) {
  const auto known = KnowPlan(request->pipeline());
  if (!known.ok()) return Answer(context, known.status());
  return Answer(context,
                tidemark::ListWindows(*known->view, *known->pipeline, *known->plan, *request),
                response);
}

grpc::Status AdminService::Impl::ListWorkers(grpc::ServerContext* context,
                                             const pb::ListWorkersRequest* request,
                                             pb::ListWorkersResponse* response) {
  const auto view = ports.host->Look();
  if (!view.ok()) return Answer(context, view.status());
  return Answer(context,
                tidemark::ListWorkers(**view, {request->page_size(), request->page_token()}),
                response);
}

grpc::Status AdminService::Impl::ListTasks(grpc::ServerContext* context,
                                           const pb::ListTasksRequest* request,
                                           pb::ListTasksResponse* response) {
  const auto view = ports.host->Look();
  if (!view.ok()) return Answer(context, view.status());
  return Answer(context,
                tidemark::ListTasks(**view, request->pipeline(),
                                    {request->page_size(), request->page_token()}),
                response);
}

}  // namespace tidemark
