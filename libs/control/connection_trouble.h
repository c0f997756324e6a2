// Why a coordinator cannot be talked to, in words that name the setting to look at. Pure.
#pragma once

#include <string>
#include <string_view>

#include "control/credentials.h"

namespace tidemark {

// What gRPC says of a failed connection, made short, and what to do about it; as it is if that is
// not known. `shown`: with what the attempt was made.
std::string ExplainConnection(std::string_view error, const ClientCredentials& shown);

// The same from the coordinator's side, of a handshake that failed there; "" if the line is about
// something else.
std::string ExplainHandshake(std::string_view line);

// True if connections with these are TLS.
bool UsesTls(const ClientCredentials& credentials);

}  // namespace tidemark
