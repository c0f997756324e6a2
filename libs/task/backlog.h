// Whether some merge task is too far behind for the lane to read on (protocol 2.6).
// Thread: owned by one task thread.
#pragma once

#include <optional>
#include <string>

#include "task/ends_reader.h"
#include "task/task.h"

namespace tidemark {

class Backlog {
 public:
  // Both outlive the backlog. `max_frames` counts frames of all lanes together.
  Backlog(const TaskContext& context, const ProgressBoard& board, EndsReader& ends,
          std::uint64_t max_frames);

  // Looks at every shuffle partition; at most once per kInterval, more often while there is a
  // backlog.
  void Refresh(MonotonicTime now, Duration timeout);
  // The lane has written frames. Until then there is nothing to hold back: one that reads nothing
  // asks nothing.
  void Wrote() { wrote_ = true; }
  // The shuffle partition with the longest backlog beyond the limit, as of the last look.
  std::optional<ShufflePartition> worst() const { return worst_; }

 private:
  static constexpr Duration kInterval{1'000};
  static constexpr Duration kIntervalBehind{100};

  std::uint64_t FramesBehind(ShufflePartition partition, Duration timeout);

  const TaskContext& context_;
  const ProgressBoard& board_;
  EndsReader& ends_;
  std::uint64_t max_frames_;
  std::string topic_;
  bool wrote_ = true;  // since the last look; nobody knows what its former owner wrote
  std::optional<MonotonicTime> looked_;
  std::optional<ShufflePartition> worst_;
};

}  // namespace tidemark
