#include "cluster/topic_requirements.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"

namespace tidemark {
namespace {

using Role = TopicRequirement::Role;
using Configs = std::map<std::string, std::string>;

constexpr std::int64_t kSinkRetentionMs = 7 * 86'400'000LL;
constexpr std::int64_t kLeastRetentionMs = 3'600'000;
constexpr std::int64_t kLeastTimestampBoundMs = 3'600'000;
constexpr std::int64_t kLeastMessageBytes = 64 * 1024;

TopicRequirement Internal(std::string name, std::uint32_t partitions, Configs configs) {
  configs["message.timestamp.type"] = "LogAppendTime";
  return {.role = Role::kInternal,
          .spec = {.name = std::move(name),
                   .partitions = static_cast<std::int32_t>(partitions),
                   .configs = std::move(configs)}};
}

TopicRequirement Outside(const PipelinePlan& plan, Role role, std::string name, Configs configs) {
  configs["message.timestamp.type"] = "LogAppendTime";
  return {.role = role,
          .spec = {.name = std::move(name),
                   .partitions = role == Role::kSink ? plan.sink_topics.partitions : 1,
                   .replication_factor = plan.sink_topics.replication_factor,
                   .configs = std::move(configs)},
          .may_create = plan.sink_topics.create};
}

Configs DeleteAfter(std::int64_t retention_ms) {
  return {{"cleanup.policy", "delete"}, {"retention.ms", StrCat(retention_ms)}};
}

void AddSinks(const PipelinePlan& plan, std::vector<TopicRequirement>& topics) {
  std::map<std::string, bool> keeps_all;  // topic -> some sink of it writes all revisions
  for (const QueryPlan& query : plan.queries) {
    for (const SinkPlan& sink : query.sinks) {
      keeps_all[sink.topic] |= sink.revisions == SinkPlan::Revisions::kAll;
    }
  }
  for (const auto& [topic, all] : keeps_all) {
    Configs configs = DeleteAfter(kSinkRetentionMs);
    if (all) configs["cleanup.policy"] = "compact,delete";
    topics.push_back(Outside(plan, Role::kSink, topic, std::move(configs)));
  }
}

std::int64_t NumberOf(const TopicDescription& found, const std::string& config,
                      std::int64_t absent) {
  const auto entry = found.configs.find(config);
  std::int64_t number = absent;
  if (entry == found.configs.end()) return absent;
  std::from_chars(entry->second.data(), entry->second.data() + entry->second.size(), number);
  return number;
}

std::string Effective(const TopicDescription& found, const std::string& config) {
  const auto entry = found.configs.find(config);
  return entry == found.configs.end() ? "" : entry->second;
}

Status Refuse(const TopicRequirement& wanted, std::string_view what, const Configs& fix) {
  return Status::FailedPrecondition(
      StrCat("topic '", wanted.spec.name, "' ", what,
             ". Mend it with: ", KafkaConfigsLine(wanted.spec.name, fix)));
}

Status JudgeInternal(const TopicRequirement& wanted, const TopicDescription& found) {
  if (found.partitions != wanted.spec.partitions) {
    return Status::FailedPrecondition(
        StrCat("topic '", wanted.spec.name, "' has ", found.partitions, " partitions where ",
               wanted.spec.partitions, " were created: delete the pipeline and apply it again"));
  }
  Configs fix;
  std::string wrong;
  for (const auto& [config, value] : wanted.spec.configs) {
    if (Effective(found, config) == value) continue;
    fix[config] = value;
    wrong += StrCat(wrong.empty() ? "" : ", ", config, "=", Effective(found, config));
  }
  return fix.empty() ? Status() : Refuse(wanted, StrCat("has ", wrong), fix);
}

// Everything that is wrong with a topic, and what mends it.
struct Findings {
  std::string wrong;
  Configs fix;
  void Add(const std::string& what, const std::string& config, std::string value) {
    wrong += StrCat(wrong.empty() ? "" : ", and ", what);
    fix[config] = std::move(value);
  }
};

void JudgeTimestamps(const TopicDescription& found, Findings& findings) {
  if (Effective(found, "message.timestamp.type") == "LogAppendTime") return;
  for (const char* bound : {"message.timestamp.before.max.ms", "message.timestamp.after.max.ms"}) {
    const std::int64_t allowed = NumberOf(found, bound, kLeastTimestampBoundMs);
    if (allowed < kLeastTimestampBoundMs) {
      findings.Add(StrCat("refuses records by their clock (", bound, "=", allowed, ")"),
                   "message.timestamp.type", "LogAppendTime");
      return;
    }
  }
}

// Late and dead-lettered records keep their keys, which may be missing or equal; of the ledger the
// newest entry of each key counts.
void JudgeCleanup(const TopicRequirement& wanted, const TopicDescription& found,
                  Findings& findings) {
  const auto policy = wanted.spec.configs.find("cleanup.policy");
  const std::string effective = Effective(found, "cleanup.policy");
  if (wanted.role != Role::kSide || policy == wanted.spec.configs.end() || effective.empty() ||
      effective == policy->second) {
    return;
  }
  findings.Add(StrCat("has cleanup.policy=", effective,
                      policy->second == "compact" ? ", which drops entries that still hold"
                                                  : ", which keeps one record of each key"),
               "cleanup.policy", policy->second);
}

Status JudgeOutside(const TopicRequirement& wanted, const TopicDescription& found) {
  Findings findings;
  JudgeTimestamps(found, findings);
  JudgeCleanup(wanted, found, findings);
  const std::int64_t retention = NumberOf(found, "retention.ms", kSinkRetentionMs);
  if (retention >= 0 && retention < kLeastRetentionMs &&
      Effective(found, "cleanup.policy") != "compact") {
    findings.Add(StrCat("drops records after ", retention, " ms"), "retention.ms",
                 StrCat(kSinkRetentionMs));
  }
  const std::int64_t bytes = NumberOf(found, "max.message.bytes", kLeastMessageBytes);
  if (bytes < kLeastMessageBytes) {
    findings.Add(StrCat("takes only records up to ", bytes, " bytes"), "max.message.bytes",
                 "1048588");
  }
  return findings.fix.empty() ? Status() : Refuse(wanted, findings.wrong, findings.fix);
}

}  // namespace

std::vector<TopicRequirement> InternalTopics(const PipelineNames& names, std::uint32_t lanes,
                                             std::uint32_t merges) {
  return {Internal(names.ShuffleTopic(), merges,
                   {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}}),
          Internal(names.ProgressTopic(), lanes + merges, {{"cleanup.policy", "compact"}})};
}

std::vector<TopicRequirement> StandingTopics(const PipelineDefinition& pipeline,
                                             const std::string& cluster) {
  const PipelineNames names{cluster, pipeline.name, pipeline.incarnation};
  std::vector<TopicRequirement> topics = InternalTopics(names, pipeline.lanes, pipeline.merges);
  const auto add = [&](Role role, std::string name, std::int32_t partitions, Configs configs) {
    topics.push_back(
        {.role = role,
         .spec = {.name = std::move(name), .partitions = partitions, .configs = std::move(configs)},
         .may_create = false});
  };
  add(Role::kSide, names.LateTopic(), 1, {{"cleanup.policy", "delete"}});
  add(Role::kSide, names.DeadLetterTopic(), 1, {{"cleanup.policy", "delete"}});
  add(Role::kSide, names.LedgerTopic(), 1, {{"cleanup.policy", "compact"}});
  for (const auto& [topic, partitions] : pipeline.sink_partitions) {
    add(Role::kSink, topic, partitions, {});
  }
  return topics;
}

std::vector<TopicRequirement> RequiredTopics(const PipelinePlan& plan, const PipelineNames& names,
                                             std::uint32_t lanes, std::int16_t internal_replicas) {
  std::vector<TopicRequirement> topics;
  const Configs late = DeleteAfter(plan.late.retention.count());
  const Configs dead = DeleteAfter(plan.dead_letter.retention.count());
  topics.push_back(Outside(plan, Role::kSide, names.LateTopic(), late));
  topics.push_back(Outside(plan, Role::kSide, names.DeadLetterTopic(), dead));
  topics.push_back(
      Outside(plan, Role::kSide, names.LedgerTopic(), {{"cleanup.policy", "compact"}}));
  AddSinks(plan, topics);
  for (TopicRequirement& topic : InternalTopics(names, lanes, plan.shuffle_partitions)) {
    topic.spec.replication_factor =
        std::max(plan.sink_topics.replication_factor, internal_replicas);
    topics.push_back(std::move(topic));
  }
  return topics;
}

Status JudgeTopic(const TopicRequirement& wanted, const TopicDescription& found) {
  return wanted.role == Role::kInternal ? JudgeInternal(wanted, found)
                                        : JudgeOutside(wanted, found);
}

std::string KafkaConfigsLine(std::string_view topic, const Configs& configs) {
  std::string assignments;
  for (const auto& [config, value] : configs) {
    const bool list = value.find(',') != value.npos;
    assignments += StrCat(assignments.empty() ? "" : ",", config, "=", list ? "[" : "", value,
                          list ? "]" : "");
  }
  return StrCat(
      "kafka-configs.sh --bootstrap-server SERVER --alter --entity-type topics "
      "--entity-name ",
      topic, " --add-config ", assignments);
}

}  // namespace tidemark
