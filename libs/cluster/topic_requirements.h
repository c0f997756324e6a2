// The topics of a pipeline: what they must be, how one that exists is judged, what we create
// (protocol 6, 11.14). Pure. Topic configs are never altered by us: a refusal prints the
// kafka-configs line that mends it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "log/log.h"
#include "model/ids.h"
#include "query/plan.h"
#include "session/session.h"

namespace tidemark {

struct TopicRequirement {
  enum class Role : std::uint8_t { kInternal, kSide, kSink };
  Role role = Role::kInternal;
  TopicSpec spec;          // as we create it
  bool may_create = true;  // false: topics.create is off
};

// Late, dead-letter, ledger, result, shuffle and progress topics. `names` and `lanes` as resolved.
// The last two are internal: they have at least `internal_replicas`, and come last, so that an
// apply that is refused for one of the others leaves none of them behind.
std::vector<TopicRequirement> RequiredTopics(const PipelinePlan& plan, const PipelineNames& names,
                                             std::uint32_t lanes,
                                             std::int16_t internal_replicas = 1);

// The shuffle and the progress topic, as far as they are checked again later.
std::vector<TopicRequirement> InternalTopics(const PipelineNames& names, std::uint32_t lanes,
                                             std::uint32_t merges);

// All topics that a pipeline writes, as far as they are checked again later.
std::vector<TopicRequirement> StandingTopics(const PipelineDefinition& pipeline,
                                             const std::string& cluster);

// Judges a topic that exists. The error says all that is wrong and prints the line that mends it.
// Internal topics must be as we create them; side and result topics must take records of the
// present and keep them for a while, the ledger's newest entries for ever.
Status JudgeTopic(const TopicRequirement& wanted, const TopicDescription& found);

// What `kafka-configs.sh` needs to set `configs` on a topic.
std::string KafkaConfigsLine(std::string_view topic,
                             const std::map<std::string, std::string>& configs);

}  // namespace tidemark
