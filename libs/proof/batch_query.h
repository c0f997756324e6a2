// What a query computes, written down once more in plain C++: no SQL, no engine.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proof/call.h"

namespace tidemark::proof {

using Calls = std::vector<const Call*>;

// Revisions of a window that its topic gets (contract 4).
enum class Revisions { kAll, kFinal };

struct BatchGroup {
  std::string name;
  std::function<std::optional<std::string>(const Call&)> value;
};

struct BatchOutput {
  std::string name;
  std::function<std::string(const Calls&)> value;  // JSON text
};

// Windows of `size_ms` begin at every multiple of `slide_ms`; tumbling ones have size = slide.
struct BatchQuery {
  std::string name;
  std::string topic;
  Revisions revisions = Revisions::kAll;
  std::int64_t size_ms = 0;
  std::int64_t slide_ms = 0;
  std::int64_t lateness_ms = 0;
  std::function<bool(const Call&)> where;
  std::vector<BatchGroup> group;
  std::vector<BatchOutput> outputs;
};

// The queries of config/pipelines/voice.yaml.
std::vector<BatchQuery> VoiceQueries();

}  // namespace tidemark::proof
