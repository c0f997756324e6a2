// What carries the messages of this process' worker to its coordinator and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/session.h"

namespace tidemark {

// Thread: the main one.
class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;
  // Bounded work. Takes what the worker says, yields what it is told, in order.
  virtual std::vector<DownwardContent> Exchange(const std::vector<Upward>& messages,
                                                MonotonicTime now) = 0;
  // Set once this process must end: what happened and what to do.
  virtual const std::optional<std::string>& must_end() const = 0;
};

}  // namespace tidemark
