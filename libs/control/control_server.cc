#include "control/control_server.h"

#include <grpc/health/v1/health.pb.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log_line.h"
#include "base/text.h"
#include "control/channel.h"
#include "control/session_codec.h"
#include "tidemark/control/v1/session.grpc.pb.h"

namespace tidemark {
namespace {

namespace pb = control::v1;

constexpr std::size_t kMostUnsent = 64;
constexpr int kMostMessageBytes = 64 << 20;  // a snapshot of 60 pipelines of 1 MiB each
constexpr const char* kAdminName = "tidemark.admin.v1.Admin";

// Counts the streams that live: gRPC's shutdown does not wait for their last call.
class LiveStreams {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void Remove() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void WaitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

// One worker's stream. Deletes itself once gRPC is done with it.
class SessionStream final
    : public grpc::ServerBidiReactor<pb::WorkerMessage, pb::CoordinatorMessage>,
      public WorkerStream {
 public:
  SessionStream(SessionHub* hub, std::shared_ptr<LiveStreams> live,
                grpc::CallbackServerContext* context)
      : hub_(hub), live_(std::move(live)), context_(context) {
    live_->Add();
    hub_->Join(this);
    StartRead(&in_);
  }

  void Deliver(const DownwardContent& content) override {
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<AssignmentSnapshot>(content)) {
      // A snapshot is complete: one that still waits is worth nothing any more.
      std::erase_if(unsent_, [](const auto& message) { return message.has_snapshot(); });
    }
    if (unsent_.size() == kMostUnsent) unsent_.pop_front();
    unsent_.push_back(ToProto(content));
    SendNext();
  }
  void Close(const std::string& reason, const std::string& leader) override {
    const std::lock_guard lock(mutex_);
    if (finished_ || end_) return;
    if (!leader.empty()) context_->AddTrailingMetadata(kLeaderMetadata, leader);
    End(grpc::Status(grpc::StatusCode::UNAVAILABLE, reason));
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      const std::lock_guard lock(mutex_);
      return End(grpc::Status::OK);
    }
    auto message = FromProto(in_);
    if (!message.ok()) {
      LogWarning(
          StrCat("a message from ", context_->peer(), " is ignored: ", message.status().message()));
    } else if (!hub_->Receive(this, std::move(*message))) {
      LogWarning("messages of workers are dropped: the coordinator is too slow");
    }
    in_.Clear();
    StartRead(&in_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (end_) return FinishNow();
    if (ok) SendNext();
  }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    End(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    hub_->Leave(this);
    const std::shared_ptr<LiveStreams> live = live_;
    delete this;
    live->Remove();
  }

 private:
  void SendNext() {
    if (writing_ || finished_ || end_ || unsent_.empty()) return;
    out_ = std::move(unsent_.front());
    unsent_.pop_front();
    writing_ = true;
    StartWrite(&out_);
  }
  void End(grpc::Status status) {
    if (finished_ || end_) return;
    end_ = std::move(status);
    if (!writing_) FinishNow();
  }
  void FinishNow() {
    if (!std::exchange(finished_, true)) Finish(*end_);
  }

  SessionHub* hub_;
  std::shared_ptr<LiveStreams> live_;
  grpc::CallbackServerContext* context_;
  pb::WorkerMessage in_;
  std::mutex mutex_;
  pb::CoordinatorMessage out_;
  std::deque<pb::CoordinatorMessage> unsent_;
  bool writing_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> end_;
};

class SessionService final : public pb::Session::CallbackService {
 public:
  explicit SessionService(SessionHub* hub) : hub_(hub) {}
  grpc::ServerBidiReactor<pb::WorkerMessage, pb::CoordinatorMessage>* Attach(
      grpc::CallbackServerContext* context) override {
    return new SessionStream(hub_, live_, context);
  }
  void WaitForStreams() { live_->WaitForNone(); }

 private:
  SessionHub* hub_;
  std::shared_ptr<LiveStreams> live_ = std::make_shared<LiveStreams>();
};

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const ServerCredentials& credentials) {
  if (credentials.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      credentials.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = credentials.client_ca;
  options.pem_key_cert_pairs.push_back({credentials.key, credentials.certificate});
  return grpc::SslServerCredentials(options);
}

}  // namespace

struct ControlServer::Impl {
  explicit Impl(SessionHub* session_hub) : hub(session_hub), sessions(session_hub) {}
  SessionHub* hub;
  SessionService sessions;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

ControlServer::ControlServer() = default;
ControlServer::~ControlServer() {
  if (impl_->server) Stop(Duration(500));
}

Result<std::unique_ptr<ControlServer>> ControlServer::Start(const ControlServerOptions& options,
                                                            SessionHub* hub, grpc::Service* admin) {
  std::unique_ptr<ControlServer> started(new ControlServer());
  started->impl_ = std::make_unique<Impl>(hub);
  Impl& impl = *started->impl_;
  TakeOverGrpcLog(GrpcSide::kServer);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC serves health without describing it, so reflection could not.
  (void)grpc::health::v1::HealthCheckRequest::descriptor();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  builder.AddListeningPort(options.listen, CredentialsOf(options.credentials), &impl.port);
  builder.RegisterService(&impl.sessions);
  if (admin != nullptr) builder.RegisterService(admin);
  impl.server = builder.BuildAndStart();
  if (!impl.server || impl.port == 0) {
    impl.server.reset();
    return Status::Unavailable(
        StrCat("cannot listen on ", options.listen,
               ": another program has this port, or the host is no address of this machine. Set ",
               "coordinator.listen to a free one"));
  }
  started->SetServing(false);
  return started;
}

int ControlServer::port() const { return impl_->port; }

void ControlServer::SetServing(bool serving) {
  if (grpc::HealthCheckServiceInterface* health = impl_->server->GetHealthCheckService()) {
    health->SetServingStatus(serving);
    health->SetServingStatus(kAdminName, serving);
  }
}

void ControlServer::Stop(Duration grace) {
  SetServing(false);
  impl_->hub->SetStanding({.reason = "this coordinator ends"});
  impl_->server->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                       gpr_time_from_millis(grace.count(), GPR_TIMESPAN)));
  impl_->sessions.WaitForStreams();
  impl_->server.reset();
}

}  // namespace tidemark
