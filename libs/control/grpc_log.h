// What gRPC logs by itself, as lines of ours: a handshake that failed at this process' server
// becomes a warning that says what to do, each once a minute; all else is debug.
#pragma once

#include <cstdint>

namespace tidemark {

// Of a process that is both, kServer. What failed at a client is said by the client's own calls.
enum class GrpcSide : std::uint8_t { kClient, kServer };

// From now on, for the whole process. May be called again, by any thread.
void TakeOverGrpcLog(GrpcSide side);

}  // namespace tidemark
