// Answers of the admin service that follow from what the coordinator knows. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "control/cluster_view.h"
#include "query/planner.h"
#include "tidemark/admin/v1/admin.pb.h"

namespace tidemark {

// One page of a list.
struct PageRequest {
  std::int32_t size = 0;  // 0: kUsualPage
  std::string token;      // of the page before; "": the first
};
inline constexpr std::int32_t kUsualPage = 100;
inline constexpr std::int32_t kMostPage = 1'000;

enum class Detail : std::uint8_t { kList, kFull };

// `plan` may be nullptr: it does not load any more.
admin::v1::Pipeline DescribePipeline(const ClusterView& view, const PipelineDefinition& pipeline,
                                     const PipelinePlan* plan, Detail detail);
admin::v1::PipelineState StateOf(const ClusterView& view, const PipelineDefinition& pipeline);

// Of a page that cannot be: INVALID_ARGUMENT.
Result<admin::v1::ListWorkersResponse> ListWorkers(const ClusterView& view,
                                                   const PageRequest& page);
// `pipeline` "": of all.
Result<admin::v1::ListTasksResponse> ListTasks(const ClusterView& view, std::string_view pipeline,
                                               const PageRequest& page);
// The pipelines of one page, by name, and the token of the next.
struct PipelinePage {
  std::vector<std::shared_ptr<const PipelineDefinition>> pipelines;
  std::string next;
};
Result<PipelinePage> ListPipelines(const ClusterView& view, const PageRequest& page);

// NOT_FOUND with the nearest name.
Result<std::shared_ptr<const PipelineDefinition>> FindPipeline(const ClusterView& view,
                                                               std::string_view name);
Result<const QueryPlan*> FindQuery(const PipelinePlan& plan, std::string_view name);

admin::v1::QuerySchema SchemaOf(const std::string& pipeline, const QueryPlan& query);
void Fill(const Diagnostic& diagnostic, admin::v1::Diagnostic& out);

void FillTime(std::int64_t ms, google::protobuf::Timestamp& out);

}  // namespace tidemark
