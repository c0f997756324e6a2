// Creates a pipeline: resolves once what is never resolved again, checks its topics and creates
// those that are missing.
//
// Resolved: the source set (topics in the file's order, partitions in order), the start offset of
// each, the number of lanes, the partition counts of the result topics. Nothing is logged here: the
// result is a definition for the caller to log. A creation that is given up leaves topics behind
// that no one uses: their incarnation is never used again.
//
// Errors are FAILED_PRECONDITION or NOT_FOUND with one sentence that says what would work.
// Thread: one. Step makes a bounded number of calls.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "cluster/remembered_admin.h"
#include "cluster/topic_requirements.h"
#include "session/session.h"

namespace tidemark {

struct ApplyRequest {
  enum class Reuse : std::uint8_t { kRefuse, kAllow };
  std::shared_ptr<const PipelinePlan> plan;  // immutable
  std::string text;                          // the pipeline file, ${} expanded
  EventTime applied_at;                      // wall clock; becomes start_time of `start: latest`
  Reuse reuse_topics = Reuse::kRefuse;       // whether result topics may hold rows already
};

// The message type of a plan as it is logged with its pipeline; "" if it is built in.
std::string DescriptorSetOf(const PipelinePlan& plan);

// Why a pipeline whose source topic is missing is refused, with what would work.
std::string MissingSource(const std::string& topic);

class PipelineCreation {
 public:
  static constexpr std::uint32_t kMostLanes = 16;      // of lanes: 0
  static constexpr std::size_t kMostSources = 10'000;  // source partitions of one pipeline
  static constexpr int kCallsPerStep = 8;
  static constexpr int kMostFailures = 20;  // of calls that may be repeated

  struct Options {
    Duration call_timeout{50};
    std::int16_t internal_replicas = 1;  // at least, of the internal topics
  };
  // `admin` outlives this.
  PipelineCreation(Admin* admin, Options options, ApplyRequest request, PipelineNames names);

  // nullopt: not done yet, step again.
  std::optional<Result<PipelineDefinition>> Step(MonotonicTime now);

 private:
  // One run; nullopt when a call is pending or may be repeated.
  using Outcome = std::optional<Status>;
  Outcome Run(PipelineDefinition& pipeline);
  Outcome ResolveSources(PipelineDefinition& pipeline);
  Outcome ResolveStart(PipelineDefinition& pipeline);
  Outcome SettleTopic(const TopicRequirement& wanted, PipelineDefinition& pipeline);
  Outcome CheckUnused(const TopicRequirement& wanted, std::int32_t partitions);
  Outcome Failed(LogError error, const std::string& message, const std::string& doing);

  RememberedAdmin admin_;
  Options options_;
  ApplyRequest request_;
  PipelineNames names_;
  bool failed_ = false;  // in this run, in a way that may pass
  std::string last_failure_;
  Backoff backoff_{Duration(50), Duration(1'000)};
};

}  // namespace tidemark
