#include "control/admin_reads.h"

#include <utility>

#include "base/text.h"
#include "control/admin_audit.h"
#include "control/admin_windows.h"

namespace tidemark {

namespace pb = admin::v1;

Status TooManyAtOnce(const char* what) {
  return {StatusCode::kResourceExhausted, StrCat("too many ", what, " at once: try again"),
          Blame::kExternal, Retry::kBackoff};
}

Result<AdminReads::Known> AdminReads::Know(const std::string& name) {
  Known known;
  TM_ASSIGN_OR_RETURN(known.view, ports_.host->Look());
  TM_ASSIGN_OR_RETURN(known.pipeline, FindPipeline(*known.view, name));
  known.plan = plans_.PlanOf(*known.pipeline);
  return known;
}

Result<AdminReads::Known> AdminReads::KnowPlan(const std::string& name) {
  TM_ASSIGN_OR_RETURN(Known known, Know(name));
  if (known.plan) return known;
  return Status::FailedPrecondition(StrCat("the text of pipeline '", name,
                                           "' does not plan with this version of the coordinator"));
}

Result<pb::Pipeline> AdminReads::Get(const pb::GetPipelineRequest& request) {
  TM_ASSIGN_OR_RETURN(const Known known, Know(request.name()));
  return DescribePipeline(*known.view, *known.pipeline, known.plan.get(), Detail::kFull);
}

Result<pb::ListPipelinesResponse> AdminReads::List(const pb::ListPipelinesRequest& request) {
  TM_ASSIGN_OR_RETURN(const auto view, ports_.host->Look());
  TM_ASSIGN_OR_RETURN(const PipelinePage page,
                      ListPipelines(*view, {request.page_size(), request.page_token()}));
  pb::ListPipelinesResponse response;
  for (const auto& pipeline : page.pipelines) {
    const auto plan = plans_.PlanOf(*pipeline);
    *response.add_pipelines() = DescribePipeline(*view, *pipeline, plan.get(), Detail::kList);
  }
  response.set_next_page_token(page.next);
  return response;
}

Result<pb::Audit> AdminReads::Audit(const pb::AuditPipelineRequest& request) {
  const Seat seat(&readers_, kMostReaders);
  if (!seat.got()) return TooManyAtOnce("calls read the log");
  TM_ASSIGN_OR_RETURN(const Known known, KnowPlan(request.name()));
  const PipelineDefinition& pipeline = *known.pipeline;
  const PipelineNames names{known.view->cluster, pipeline.name, pipeline.incarnation};
  TM_ASSIGN_OR_RETURN(const CommittedProgress progress,
                      ReadProgress(ports_.log, *ports_.clock, names, pipeline));
  return Judge(pipeline, *known.plan, progress);
}

Result<pb::QuerySchema> AdminReads::Schema(const pb::GetQuerySchemaRequest& request) {
  TM_ASSIGN_OR_RETURN(const Known known, KnowPlan(request.pipeline()));
  TM_ASSIGN_OR_RETURN(const QueryPlan* query, FindQuery(*known.plan, request.query()));
  return SchemaOf(request.pipeline(), *query);
}

Result<pb::ListWindowsResponse> AdminReads::Windows(const pb::ListWindowsRequest& request) {
  TM_ASSIGN_OR_RETURN(const Known known, KnowPlan(request.pipeline()));
  return ListWindows(*known.view, *known.pipeline, *known.plan, request);
}

Result<pb::ListWorkersResponse> AdminReads::Workers(const pb::ListWorkersRequest& request) {
  TM_ASSIGN_OR_RETURN(const auto view, ports_.host->Look());
  return ListWorkers(*view, {request.page_size(), request.page_token()});
}

Result<pb::ListTasksResponse> AdminReads::Tasks(const pb::ListTasksRequest& request) {
  TM_ASSIGN_OR_RETURN(const auto view, ports_.host->Look());
  return ListTasks(*view, request.pipeline(), {request.page_size(), request.page_token()});
}

}  // namespace tidemark
