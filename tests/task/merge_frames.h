// Frames written by hand for a merge task that runs on the memory log, and its steps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "merge_host.h"
#include "task/tests/merge_fixture.h"

namespace tidemark::merge_frames {

using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;

inline constexpr InstanceId kOne{1U};

inline std::shared_ptr<TaskContext> OneQuery() {
  return merge_fixture::Context(
      {merge_fixture::CountAndSum("q", 1, merge_fixture::Tumble(kMinute), 0)}, 1, 1, 1);
}

struct Frames {
  explicit Frames(const TaskContext& task_context) : context(task_context) {}
  // The next frame of the only lane.
  std::vector<std::string> Next(std::int64_t watermark, const std::vector<Partial>& partials = {}) {
    ++sequence;
    FrameHeader header =
        merge_fixture::HeaderOf(0, sequence, {merge_fixture::SectionOf(0, at, at + 10, watermark)});
    at += 10;
    return merge_fixture::FrameOf(*context.plan, header, partials);
  }
  const TaskContext& context;
  std::uint64_t sequence = 0;
  std::int64_t at = 0;
};

inline Partial P(std::int64_t slice_end, std::string account, std::vector<std::int64_t> amounts) {
  return {kOne, kDay0 + slice_end, 0, std::move(account), std::move(amounts)};
}

inline void Rest(MergeHost& host) {
  const StepResult result = host.RunUntilQuiet();
  INFO(result.reason);
  REQUIRE(result.outcome == StepOutcome::kIdle);
}
inline void Walk(MergeHost& host) {
  const StepResult result = host.Step();
  INFO(result.reason);
  REQUIRE(result.outcome != StepOutcome::kHalted);
}

}  // namespace tidemark::merge_frames
