// What may be asked of a cluster without changing it. The gRPC service and the pages at /api/v1
// both answer with this. Includes no gRPC.
//
// Calls may wait for the coordinator (10 s) and, Audit, for the log service (20 s). Errors: those
// of the admin API (docs/admin_api.md); UNAVAILABLE unless this coordinator leads. Thread: any.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "control/coordinator_host.h"
#include "control/plan_cache.h"
#include "log/log.h"
#include "tidemark/admin/v1/admin.pb.h"

namespace tidemark {

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

class AdminReads {
 public:
  static constexpr int kMostReaders = 16;  // of the log at once; further ones RESOURCE_EXHAUSTED

  // All outlive this.
  struct Ports {
    CoordinatorHost* host = nullptr;
    Log* log = nullptr;
    const Clock* clock = nullptr;
  };
  explicit AdminReads(Ports ports) : ports_(ports) {}

  Result<admin::v1::Pipeline> Get(const admin::v1::GetPipelineRequest& request);
  Result<admin::v1::ListPipelinesResponse> List(const admin::v1::ListPipelinesRequest& request);
  Result<admin::v1::Audit> Audit(const admin::v1::AuditPipelineRequest& request);
  Result<admin::v1::QuerySchema> Schema(const admin::v1::GetQuerySchemaRequest& request);
  Result<admin::v1::ListWindowsResponse> Windows(const admin::v1::ListWindowsRequest& request);
  Result<admin::v1::ListWorkersResponse> Workers(const admin::v1::ListWorkersRequest& request);
  Result<admin::v1::ListTasksResponse> Tasks(const admin::v1::ListTasksRequest& request);

  // A pipeline as it is now, with its plan.
  struct Known {
    std::shared_ptr<const ClusterView> view;
    std::shared_ptr<const PipelineDefinition> pipeline;
    std::shared_ptr<const PipelinePlan> plan;  // nullptr: it does not load any more
  };
  Result<Known> Know(const std::string& name);
  // FAILED_PRECONDITION if the plan does not load.
  Result<Known> KnowPlan(const std::string& name);
  // Of every reader of the log; see kMostReaders.
  std::atomic<int>* readers() { return &readers_; }
  PlanCache& plans() { return plans_; }

 private:
  Ports ports_;
  PlanCache plans_;
  std::atomic<int> readers_{0};
};

// "too many calls read the log at once: try again".
Status TooManyAtOnce(const char* what);

}  // namespace tidemark
