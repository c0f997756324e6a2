#include "cluster/pipeline_creation.h"

#include <algorithm>

#include "base/text.h"

namespace tidemark {
namespace {

// Continues with the next statement only if `expression` is an OK outcome.
#define TM_RETURN_UNLESS_DONE(expression)                                        \
  do {                                                                           \
    if (auto outcome = (expression); !outcome || !outcome->ok()) return outcome; \
  } while (false)

std::string MissingTopic(const TopicRequirement& wanted) {
  return StrCat("topic '", wanted.spec.name,
                "' does not exist and topics.create is false. Create it with: ",
                "kafka-topics.sh --bootstrap-server SERVER --create --topic ", wanted.spec.name,
                " --partitions ", wanted.spec.partitions);
}

}  // namespace

std::string MissingSource(const std::string& topic) {
  return StrCat("source topic '", topic, "' does not exist: correct source.topics in the pipeline ",
                "file, or create it with: kafka-topics.sh --bootstrap-server SERVER --create ",
                "--topic ", topic, " --partitions N");
}

std::string DescriptorSetOf(const PipelinePlan& plan) {
  return plan.decode.schema == nullptr ? "" : plan.decode.schema->closure();
}

PipelineCreation::PipelineCreation(Admin* admin, Options options, ApplyRequest request,
                                   PipelineNames names)
    : admin_(admin, options.call_timeout),
      options_(options),
      request_(std::move(request)),
      names_(std::move(names)) {}

std::optional<Result<PipelineDefinition>> PipelineCreation::Step(MonotonicTime now) {
  if (!backoff_.Ready(now)) return std::nullopt;
  admin_.BeginRun(kCallsPerStep);
  failed_ = false;
  PipelineDefinition pipeline;
  const Outcome outcome = Run(pipeline);
  if (outcome) {
    if (!outcome->ok()) return Result<PipelineDefinition>(*outcome);
    return Result<PipelineDefinition>(std::move(pipeline));
  }
  if (!failed_) return std::nullopt;
  backoff_.Fail(now);
  if (backoff_.failures() < kMostFailures) return std::nullopt;
  return Result<PipelineDefinition>(Status::Unavailable(last_failure_));
}

PipelineCreation::Outcome PipelineCreation::Run(PipelineDefinition& pipeline) {
  pipeline.name = names_.pipeline;
  pipeline.incarnation = names_.incarnation;
  pipeline.version = request_.plan->version;
  pipeline.text = request_.text;
  pipeline.descriptor_set = DescriptorSetOf(*request_.plan);
  pipeline.merges = request_.plan->shuffle_partitions;
  TM_RETURN_UNLESS_DONE(ResolveSources(pipeline));
  TM_RETURN_UNLESS_DONE(ResolveStart(pipeline));
  for (const TopicRequirement& wanted :
       RequiredTopics(*request_.plan, names_, pipeline.lanes, options_.internal_replicas)) {
    TM_RETURN_UNLESS_DONE(SettleTopic(wanted, pipeline));
  }
  return Status();
}

PipelineCreation::Outcome PipelineCreation::ResolveSources(PipelineDefinition& pipeline) {
  for (const std::string& topic : request_.plan->topics) {
    const auto found = admin_.DescribeTopic(topic);
    if (found.error == LogError::kUnknownTopic) return Status::NotFound(MissingSource(topic));
    if (!found.ok()) return Failed(found.error, found.message, StrCat("describing ", topic));
    for (std::int32_t p = 0; p < found.value->partitions; ++p) {
      pipeline.sources.push_back({topic, Partition(p)});
    }
  }
  if (pipeline.sources.empty() || pipeline.sources.size() > kMostSources) {
    return Status::FailedPrecondition(StrCat("the source has ", pipeline.sources.size(),
                                             " partitions; 1 to ", kMostSources, " are supported"));
  }
  const auto partitions = static_cast<std::uint32_t>(pipeline.sources.size());
  const std::uint32_t wanted = request_.plan->lanes == 0 ? kMostLanes : request_.plan->lanes;
  pipeline.lanes = std::min(partitions, wanted);
  return Status();
}

PipelineCreation::Outcome PipelineCreation::ResolveStart(PipelineDefinition& pipeline) {
  using Kind = StartPosition::Kind;
  const StartPosition& start = request_.plan->start;
  if (start.kind == Kind::kTime) pipeline.start_time = start.time;
  if (start.kind == Kind::kLatest) pipeline.start_time = request_.applied_at;
  for (const TopicPartition& source : pipeline.sources) {
    const std::string doing = StrCat("finding the start of ", source.topic, "/", source.partition);
    if (start.kind == Kind::kTime) {
      const auto offset = admin_.OffsetForTime(source, start.time.value());
      if (!offset.ok()) return Failed(offset.error, offset.message, doing);
      pipeline.start_offsets.push_back(*offset.value);
      continue;
    }
    const auto ends = admin_.Ends(source);
    if (!ends.ok()) return Failed(ends.error, ends.message, doing);
    pipeline.start_offsets.push_back(start.kind == Kind::kLatest ? ends.value->high_watermark
                                                                 : ends.value->log_start);
  }
  return Status();
}

PipelineCreation::Outcome PipelineCreation::SettleTopic(const TopicRequirement& wanted,
                                                        PipelineDefinition& pipeline) {
  if (wanted.may_create) {
    const LogStatus created = admin_.CreateTopic(wanted.spec);
    if (!created.ok() && created.error != LogError::kTopicExists) {
      return Failed(created.error, created.message, StrCat("creating ", wanted.spec.name));
    }
  }
  const auto found = admin_.DescribeTopic(wanted.spec.name);
  if (found.error == LogError::kUnknownTopic && wanted.may_create) {
    // Brokers learn of a new topic one after the other.
    admin_.ForgetTopic(wanted.spec.name);
    return Failed(LogError::kRetriable, "not known yet", StrCat("describing ", wanted.spec.name));
  }
  if (found.error == LogError::kUnknownTopic) return Status::NotFound(MissingTopic(wanted));
  if (!found.ok())
    return Failed(found.error, found.message, StrCat("describing ", wanted.spec.name));
  if (const Status judged = JudgeTopic(wanted, *found.value); !judged.ok()) return judged;
  if (wanted.role != TopicRequirement::Role::kSink) return Status();
  pipeline.sink_partitions[wanted.spec.name] = found.value->partitions;
  return CheckUnused(wanted, found.value->partitions);
}

PipelineCreation::Outcome PipelineCreation::CheckUnused(const TopicRequirement& wanted,
                                                        std::int32_t partitions) {
  if (request_.reuse_topics == ApplyRequest::Reuse::kAllow) return Status();
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto ends = admin_.Ends({wanted.spec.name, Partition(p)});
    if (!ends.ok()) return Failed(ends.error, ends.message, StrCat("reading ", wanted.spec.name));
    if (ends.value->high_watermark == ends.value->log_start) continue;
    return Status::FailedPrecondition(
        StrCat("result topic '", wanted.spec.name,
               "' holds records already: name another topic, or apply with --reuse-topics"));
  }
  return Status();
}

PipelineCreation::Outcome PipelineCreation::Failed(LogError error, const std::string& message,
                                                   const std::string& doing) {
  if (error == LogError::kPending) return std::nullopt;
  last_failure_ = StrCat(doing, ": ", LogErrorName(error), ": ", message);
  if (error != LogError::kRetriable) return Status::FailedPrecondition(last_failure_);
  failed_ = true;
  return std::nullopt;
}

#undef TM_RETURN_UNLESS_DONE

}  // namespace tidemark
