// A client of the admin service for programs without gRPC of their own: tries the servers in turn
// and follows the one that leads.
//
// Errors are those of the service, with its message; UNAVAILABLE after kPatience without any server
// that answers and leads. Diagnostics of a refused file are in diagnostics() after the call.
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "control/credentials.h"
#include "tidemark/admin/v1/admin.pb.h"

namespace tidemark {

struct AdminClientOptions {
  std::vector<std::string> servers;  // host:port each, at least one
  ClientCredentials credentials;
  // For a leader to be found. Unit ms.
  Duration patience{5'000};
  // Of one call. Unit ms.
  Duration deadline{40'000};
};

class AdminClient {
 public:
  explicit AdminClient(AdminClientOptions options);
  ~AdminClient();

  Result<admin::v1::PlanPipelineResponse> Plan(const admin::v1::PlanPipelineRequest& request);
  Result<admin::v1::Pipeline> Apply(const admin::v1::ApplyPipelineRequest& request);
  Result<admin::v1::Pipeline> Get(const admin::v1::GetPipelineRequest& request);
  Result<admin::v1::ListPipelinesResponse> List(const admin::v1::ListPipelinesRequest& request);
  Result<admin::v1::Pipeline> SetState(const admin::v1::SetPipelineStateRequest& request);
  Result<admin::v1::Pipeline> Delete(const admin::v1::DeletePipelineRequest& request);
  Result<admin::v1::Audit> Audit(const admin::v1::AuditPipelineRequest& request);
  Result<admin::v1::QuerySchema> Schema(const admin::v1::GetQuerySchemaRequest& request);
  Result<admin::v1::ListWindowsResponse> Windows(const admin::v1::ListWindowsRequest& request);
  Result<admin::v1::ListWorkersResponse> Workers(const admin::v1::ListWorkersRequest& request);
  Result<admin::v1::ListTasksResponse> Tasks(const admin::v1::ListTasksRequest& request);

  // Streams: `take` returns false to end. OK when it did, else why the stream ended; a stream that
  // is lost is begun anew by the caller. Ended by `take` only when something comes.
  Status Watch(const admin::v1::WatchPipelineRequest& request,
               const std::function<bool(const admin::v1::Pipeline&)>& take);
  Status Tail(const admin::v1::TailQueryRequest& request,
              const std::function<bool(const admin::v1::TailQueryResponse&)>& take);

  const std::vector<admin::v1::Diagnostic>& diagnostics() const;

  // True if the server at `address` answers within a second, and leads.
  static bool LeadsAt(const std::string& address, const ClientCredentials& credentials);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
