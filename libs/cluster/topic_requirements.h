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

// Shuffle, progress, late, dead-letter, ledger and result topics. `names` and `lanes` as resolved.
std::vector<TopicRequirement> RequiredTopics(const PipelinePlan& plan, const PipelineNames& names,
                                             std::uint32_t lanes);

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
