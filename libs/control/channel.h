// Channels to coordinators. Includes gRPC: for the .cc files of this library only.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "control/connection_trouble.h"
#include "control/credentials.h"
#include "control/grpc_log.h"

namespace tidemark {

// Trailing metadata of a refusal by a coordinator that does not lead.
inline constexpr const char* kLeaderMetadata = "tidemark-leader";

inline std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address,
                                                  const ClientCredentials& credentials) {
  TakeOverGrpcLog(GrpcSide::kClient);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Each channel its own connection: a stale one of an earlier attempt is not inherited.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  auto channel_credentials =
      UsesTls(credentials)
          ? grpc::SslCredentials({credentials.ca, credentials.key, credentials.certificate})
          : grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(address, channel_credentials, arguments);
}

inline std::string LeaderOf(const grpc::ClientContext& context) {
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto leader = trailing.find(kLeaderMetadata);
  return leader == trailing.end() ? "" : std::string(leader->second.data(), leader->second.size());
}

}  // namespace tidemark
