#include "control/admin_client.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "control/channel.h"
#include "control/coordinator_choice.h"
#include "tidemark/admin/v1/admin.grpc.pb.h"
#include "tidemark/admin/v1/error_status.pb.h"

namespace tidemark {
namespace {

namespace pb = admin::v1;

gpr_timespec In(Duration duration) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(duration.count(), GPR_TIMESPAN));
}

void Pause(Duration duration) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, duration, [] { return false; });
}

// `troubles`: what each address said.
Status NobodyLeads(const std::map<std::string, std::string>& troubles) {
  const std::string all =
      Join(troubles, "; ", [](const auto& at) { return StrCat(at.first, ": ", at.second); });
  return Status::Unavailable(
      StrCat("no coordinator answers and leads. ", all,
             ". Start tidemark-coordinator, or name another with --server HOST:PORT; tidemark "
             "health says when one leads"));
}

}  // namespace

struct AdminClient::Impl {
  explicit Impl(AdminClientOptions given) : options(std::move(given)) {}

  template <class Request, class Response>
  using Method = grpc::Status (pb::Admin::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  pb::Admin::Stub& StubOf(const std::string& address) {
    auto& stub = stubs[address];
    if (!stub) stub = pb::Admin::NewStub(OpenChannel(address, options.credentials));
    return *stub;
  }
  Status ToStatus(const grpc::Status& status) {
    if (status.ok()) return {};
    google::rpc::Status details;
    if (details.ParseFromString(status.error_details())) {
      for (const auto& any : details.details()) {
        pb::Diagnostics all;
        if (any.UnpackTo(&all)) {
          diagnostics.assign(all.diagnostics().begin(), all.diagnostics().end());
        }
      }
    }
    return {static_cast<StatusCode>(status.error_code()), status.error_message(), Blame::kExternal};
  }
  // Runs `attempt` on one server after another until one leads.
  Status OnLeader(
      const std::function<grpc::Status(pb::Admin::Stub&, grpc::ClientContext&)>& attempt);

  template <class Request, class Response>
  Result<Response> Call(Method<Request, Response> method, const Request& request) {
    Response response;
    const Status status = OnLeader([&](pb::Admin::Stub& stub, grpc::ClientContext& context) {
      context.set_deadline(In(options.deadline));
      response.Clear();
      return (stub.*method)(&context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  template <class Request, class Response>
  Status Stream(std::unique_ptr<grpc::ClientReader<Response>> (pb::Admin::Stub::*method)(
                    grpc::ClientContext*, const Request&),
                const Request& request, const std::function<bool(const Response&)>& take) {
    bool heard = false;
    Status lost;
    const Status status = OnLeader([&](pb::Admin::Stub& stub, grpc::ClientContext& context) {
      const auto reader = (stub.*method)(&context, request);
      Response response;
      while (reader->Read(&response)) {
        heard = true;
        if (take(response)) continue;
        context.TryCancel();
        while (reader->Read(&response)) {
        }
        (void)reader->Finish();
        return grpc::Status::OK;
      }
      grpc::Status end = reader->Finish();
      // Once something was heard the caller decides where to go on.
      if (!heard || end.error_code() != grpc::StatusCode::UNAVAILABLE) return end;
      lost = Status::Unavailable(end.error_message());
      return grpc::Status::OK;
    });
    return status.ok() ? lost : status;
  }

  AdminClientOptions options;
  SteadyClock clock;
  std::string leader;  // as found last
  std::map<std::string, std::unique_ptr<pb::Admin::Stub>> stubs;
  std::vector<pb::Diagnostic> diagnostics;
};

Status AdminClient::Impl::OnLeader(
    const std::function<grpc::Status(pb::Admin::Stub&, grpc::ClientContext&)>& attempt) {
  diagnostics.clear();
  std::vector<std::string> addresses = options.servers;
  if (!leader.empty()) addresses.insert(addresses.begin(), leader);
  CoordinatorChoice choice(addresses, options.deadline);
  const MonotonicTime deadline = clock.Now() + options.patience;
  std::map<std::string, std::string> troubles;  // the last of each address
  while (true) {
    const auto address = choice.Next(clock.Now());
    if (!address) {
      if (clock.Now() >= deadline) break;
      Pause(Duration(20));
      continue;
    }
    grpc::ClientContext context;
    const grpc::Status status = attempt(StubOf(*address), context);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      leader = *address;
      return ToStatus(status);
    }
    // A channel that failed twice fails calls for seconds without connecting: the next try takes
    // another.
    stubs.erase(*address);
    troubles[*address] = ExplainConnection(status.error_message(), options.credentials);
    choice.NotLeading(LeaderOf(context), clock.Now());
    if (clock.Now() >= deadline) break;
  }
  return NobodyLeads(troubles);
}

AdminClient::AdminClient(AdminClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
AdminClient::~AdminClient() = default;

const std::vector<pb::Diagnostic>& AdminClient::diagnostics() const { return impl_->diagnostics; }

Result<pb::PlanPipelineResponse> AdminClient::Plan(const pb::PlanPipelineRequest& request) {
  return impl_->Call(&pb::Admin::Stub::PlanPipeline, request);
}
Result<pb::Pipeline> AdminClient::Apply(const pb::ApplyPipelineRequest& request) {
  return impl_->Call(&pb::Admin::Stub::ApplyPipeline, request);
}
Result<pb::Pipeline> AdminClient::Get(const pb::GetPipelineRequest& request) {
  return impl_->Call(&pb::Admin::Stub::GetPipeline, request);
}
Result<pb::ListPipelinesResponse> AdminClient::List(const pb::ListPipelinesRequest& request) {
  return impl_->Call(&pb::Admin::Stub::ListPipelines, request);
}
Result<pb::Pipeline> AdminClient::SetState(const pb::SetPipelineStateRequest& request) {
  return impl_->Call(&pb::Admin::Stub::SetPipelineState, request);
}
Result<pb::Pipeline> AdminClient::Delete(const pb::DeletePipelineRequest& request) {
  return impl_->Call(&pb::Admin::Stub::DeletePipeline, request);
}
Result<pb::Audit> AdminClient::Audit(const pb::AuditPipelineRequest& request) {
  return impl_->Call(&pb::Admin::Stub::AuditPipeline, request);
}
Result<pb::QuerySchema> AdminClient::Schema(const pb::GetQuerySchemaRequest& request) {
  return impl_->Call(&pb::Admin::Stub::GetQuerySchema, request);
}
Result<pb::ListWindowsResponse> AdminClient::Windows(const pb::ListWindowsRequest& request) {
  return impl_->Call(&pb::Admin::Stub::ListWindows, request);
}
Result<pb::ListWorkersResponse> AdminClient::Workers(const pb::ListWorkersRequest& request) {
  return impl_->Call(&pb::Admin::Stub::ListWorkers, request);
}
Result<pb::ListTasksResponse> AdminClient::Tasks(const pb::ListTasksRequest& request) {
  return impl_->Call(&pb::Admin::Stub::ListTasks, request);
}

Status AdminClient::Watch(const pb::WatchPipelineRequest& request,
                          const std::function<bool(const pb::Pipeline&)>& take) {
  return impl_->Stream<pb::WatchPipelineRequest, pb::Pipeline>(&pb::Admin::Stub::WatchPipeline,
                                                               request, take);
}
Status AdminClient::Tail(const pb::TailQueryRequest& request,
                         const std::function<bool(const pb::TailQueryResponse&)>& take) {
  return impl_->Stream<pb::TailQueryRequest, pb::TailQueryResponse>(&pb::Admin::Stub::TailQuery,
                                                                    request, take);
}

bool AdminClient::LeadsAt(const std::string& address, const ClientCredentials& credentials) {
  const auto stub = pb::Admin::NewStub(OpenChannel(address, credentials));
  grpc::ClientContext context;
  context.set_deadline(In(Duration(1'000)));
  pb::ListPipelinesRequest request;
  request.set_page_size(1);
  pb::ListPipelinesResponse response;
  return stub->ListPipelines(&context, request, &response).ok();
}

}  // namespace tidemark
