#include "cluster/topic_upkeep.h"

#include "base/log_line.h"
#include "base/text.h"

namespace tidemark {
namespace {

constexpr Duration kCallTimeout{50};

Status JudgeAgain(const TopicRequirement& wanted, const LogResult<TopicDescription>& found) {
  using Role = TopicRequirement::Role;
  if (found.error == LogError::kUnknownTopic) {
    return Status::FailedPrecondition(
        StrCat("topic '", wanted.spec.name, "' is gone. ",
               wanted.role == Role::kInternal
                   ? "Delete the pipeline and apply it again"
                   : StrCat("Create it again with ", wanted.spec.partitions,
                            wanted.spec.partitions == 1 ? " partition" : " partitions",
                            ", then resume the pipeline; what it held is lost")));
  }
  if (wanted.role == Role::kSink && found.value->partitions != wanted.spec.partitions) {
    return Status::FailedPrecondition(
        StrCat("result topic '", wanted.spec.name, "' has ", found.value->partitions,
               " partitions, ", wanted.spec.partitions,
               " when the pipeline was created: its windows would no longer lie in order. Name ",
               "another topic in a new pipeline"));
  }
  return JudgeTopic(wanted, *found.value);
}

}  // namespace

TopicUpkeep::TopicUpkeep(Admin* admin, std::string cluster)
    : admin_(admin), cluster_(std::move(cluster)) {}

void TopicUpkeep::BeginAudit(const ClusterState& state) {
  looks_.clear();
  sightings_ = 0;
  for (const auto& [name, pipeline] : state.pipelines) {
    if (pipeline->state != PipelineState::kRunning) continue;
    for (TopicRequirement& wanted : StandingTopics(*pipeline, cluster_)) {
      looks_.push_back({pipeline, std::move(wanted)});
    }
  }
}

void TopicUpkeep::Delete(const PipelineDefinition& removed) {
  const PipelineNames names{cluster_, removed.name, removed.incarnation};
  deletes_.push_back(names.ShuffleTopic());
  deletes_.push_back(names.ProgressTopic());
}

std::optional<TopicComplaint> TopicUpkeep::Step(const ClusterState& state, MonotonicTime now) {
  if (!backoff_.Ready(now)) return std::nullopt;
  if (looks_.empty() && now >= next_audit_) {
    BeginAudit(state);
    next_audit_ = now + kAuditInterval;
  }
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
  // A broker that has just started may not know a topic for a moment.
  if (!found.ok() && ++sightings_ < kSightings) {
    backoff_.Fail(now);
    return std::nullopt;
  }
  sightings_ = 0;
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
