#include "cluster/topic_upkeep.h"

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kCallTimeout{50};

Status JudgeAgain(const TopicRequirement& wanted, const LogResult<TopicDescription>& found) {
  if (found.error == LogError::kUnknownTopic) {
    return Status::FailedPrecondition(StrCat("topic '", wanted.spec.name, "' is gone"));
  }
  if (wanted.role == TopicRequirement::Role::kInternal) return JudgeTopic(wanted, *found.value);
  if (found.value->partitions == wanted.spec.partitions) return {};
  return Status::FailedPrecondition(
      StrCat("result topic '", wanted.spec.name, "' has ", found.value->partitions, " partitions, ",
             wanted.spec.partitions,
             " when the pipeline was created: its windows would no longer lie in order. Name ",
             "another topic in a new pipeline"));
}

}  // namespace

TopicUpkeep::TopicUpkeep(Admin* admin, std::string cluster)
    : admin_(admin), cluster_(std::move(cluster)) {}

void TopicUpkeep::BeginAudit(const ClusterState& state) {
  looks_.clear();
  for (const auto& [name, pipeline] : state.pipelines) {
    if (pipeline->state != PipelineState::kRunning) continue;
    const PipelineNames names{cluster_, name, pipeline->incarnation};
    for (TopicRequirement& wanted : InternalTopics(names, pipeline->lanes, pipeline->merges)) {
      looks_.push_back({pipeline, std::move(wanted)});
    }
    for (const auto& [topic, partitions] : pipeline->sink_partitions) {
      looks_.push_back({pipeline,
                        {.role = TopicRequirement::Role::kSink,
                         .spec = {.name = topic, .partitions = partitions}}});
    }
  }
}

void TopicUpkeep::Delete(const PipelineDefinition& removed) {
  const PipelineNames names{cluster_, removed.name, removed.incarnation};
  deletes_.push_back(names.ShuffleTopic());
  deletes_.push_back(names.ProgressTopic());
}

std::optional<TopicComplaint> TopicUpkeep::Step(MonotonicTime now) {
  if (!backoff_.Ready(now)) return std::nullopt;
  if (!looks_.empty()) return Audit(now);
  if (!deletes_.empty()) DeleteNext(now);
  return std::nullopt;
}

std::optional<TopicComplaint> TopicUpkeep::Audit(MonotonicTime now) {
  const Look& look = looks_.front();
  const auto found = admin_->DescribeTopic(look.wanted.spec.name, kCallTimeout);
  if (found.error == LogError::kPending) return std::nullopt;
  if (!found.ok() && found.error != LogError::kUnknownTopic) {
    backoff_.Fail(now);
    return std::nullopt;
  }
  backoff_.Reset();
  const Status judged = JudgeAgain(look.wanted, found);
  const TopicComplaint complaint{look.pipeline->name, look.pipeline->incarnation, judged.message()};
  looks_.pop_front();
  if (judged.ok()) return std::nullopt;
  return complaint;
}

void TopicUpkeep::DeleteNext(MonotonicTime now) {
  const LogStatus deleted = admin_->DeleteTopic(deletes_.front(), kCallTimeout);
  if (deleted.error == LogError::kPending) return;
  const bool done = deleted.ok() || deleted.error == LogError::kUnknownTopic;
  if (!done) {
    backoff_.Fail(now);
    if (backoff_.failures() < kMostDeleteFailures) return;
    LogWarning(StrCat("topic ", deletes_.front(), " of a removed pipeline stays behind: ",
                      deleted.message, "; delete it by hand"));
  }
  backoff_.Reset();
  deletes_.pop_front();
}

}  // namespace tidemark
