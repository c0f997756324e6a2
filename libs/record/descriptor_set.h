// A pool of message types from a serialized FileDescriptorSet.
#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace tidemark {

// Larger sets are refused; the closure of one message type is a few KiB.
inline constexpr std::size_t kMaxDescriptorSetBytes = 16U << 20U;

// Files may come in any order. Well-known types that are imported but not contained are added. The
// error names every missing import and every defect that protobuf finds.
Result<std::unique_ptr<google::protobuf::DescriptorPool>> LoadDescriptorSet(std::string_view bytes);

// The message of that full name; the error names the nearest.
Result<const google::protobuf::Descriptor*> FindMessage(
    const google::protobuf::DescriptorPool& pool, std::string_view set, std::string_view name);

// The serialized FileDescriptorSet of the message and of the types that it refers to, directly or
// not, and of nothing else: no comments, services, extensions, other types. Equal for equal types,
// whatever else the set held that they came from.
std::string SerializeClosure(const google::protobuf::Descriptor& message);

}  // namespace tidemark
