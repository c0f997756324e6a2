// The messages of a session as bytes: session/session.h to and from tidemark.control.v1. Pure.
//
// Decoding refuses what is not well formed: INVALID_ARGUMENT that says which part; the message is
// then to be ignored. A newer program's pipeline record is FAILED_PRECONDITION.
#pragma once

#include "base/status.h"
#include "session/session.h"

namespace tidemark::control::v1 {
class WorkerMessage;
class CoordinatorMessage;
}  // namespace tidemark::control::v1

namespace tidemark {

control::v1::WorkerMessage ToProto(const Upward& message);
Result<Upward> FromProto(const control::v1::WorkerMessage& message);

control::v1::CoordinatorMessage ToProto(const DownwardContent& content);
Result<DownwardContent> FromProto(const control::v1::CoordinatorMessage& message);

}  // namespace tidemark
