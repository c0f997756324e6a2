#include "cluster/topic_requirements.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace tidemark {
namespace {

PipelinePlan PlanWithSinks() {
  PipelinePlan plan;
  plan.name = "voice";
  plan.shuffle_partitions = 3;
  plan.sink_topics.partitions = 5;
  QueryPlan query;
  query.sinks = {{"asr", SinkPlan::Revisions::kAll}, {"asr-final", SinkPlan::Revisions::kFinal}};
  plan.queries = {query};
  return plan;
}

TopicRequirement Required(const std::string& topic) {
  const PipelineNames names{"demo", "voice", Incarnation::FromBits(1)};
  for (const TopicRequirement& wanted : RequiredTopics(PlanWithSinks(), names, 2)) {
    const std::string& name = wanted.spec.name;
    if (name == topic || (topic.starts_with(".") && name.ends_with(topic))) return wanted;
  }
  FAIL("no topic " << topic);
  return {};
}

TEST_CASE("each topic is created with the configs that its use needs") {
  using Configs = std::map<std::string, std::string>;
  const Configs stamped = {{"message.timestamp.type", "LogAppendTime"}};
  const auto with = [&](Configs configs) {
    configs.insert(stamped.begin(), stamped.end());
    return configs;
  };
  CHECK(Required(".shuffle").spec.configs ==
        with({{"cleanup.policy", "delete"}, {"retention.ms", "-1"}}));
  CHECK(Required(".shuffle").spec.partitions == 3);
  CHECK(Required(".progress").spec.configs == with({{"cleanup.policy", "compact"}}));
  CHECK(Required(".progress").spec.partitions == 5);
  CHECK(Required("voice.late").spec.partitions == 1);
  CHECK(Required("voice.dead-letter").spec.configs ==
        with({{"cleanup.policy", "delete"}, {"retention.ms", "259200000"}}));
  CHECK(Required("voice.ledger").spec.configs == with({{"cleanup.policy", "compact"}}));
  CHECK(Required("asr").spec.configs ==
        with({{"cleanup.policy", "compact,delete"}, {"retention.ms", "604800000"}}));
  CHECK(Required("asr-final").spec.configs ==
        with({{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}}));
  CHECK(Required("asr").spec.partitions == 5);
}

TEST_CASE("internal topics have as many replicas as the coordinator and the pipeline ask for") {
  const PipelineNames names{"demo", "voice", Incarnation::FromBits(1)};
  PipelinePlan plan = PlanWithSinks();
  const auto replicas = [&](std::int16_t of_pipeline, std::int16_t of_coordinator) {
    plan.sink_topics.replication_factor = of_pipeline;
    std::vector<std::int16_t> found;
    for (const TopicRequirement& wanted : RequiredTopics(plan, names, 2, of_coordinator))
      found.push_back(wanted.spec.replication_factor);
    return found;
  };
  CHECK(replicas(1, 3) == std::vector<std::int16_t>{1, 1, 1, 1, 1, 3, 3});
  CHECK(replicas(3, 1) == std::vector<std::int16_t>{3, 3, 3, 3, 3, 3, 3});
}

TEST_CASE(
    "an internal topic must be as we create it, and the refusal prints the line that mends it") {
  const TopicRequirement shuffle = Required(".shuffle");
  TopicDescription found{.partitions = 3, .configs = shuffle.spec.configs};
  CHECK(JudgeTopic(shuffle, found).ok());
  found.configs["retention.ms"] = "604800000";
  const Status refused = JudgeTopic(shuffle, found);
  CHECK(refused.code() == StatusCode::kFailedPrecondition);
  CHECK(refused.message().find("--add-config retention.ms=-1") != std::string::npos);
  found = {.partitions = 4, .configs = shuffle.spec.configs};
  CHECK_FALSE(JudgeTopic(shuffle, found).ok());
}

TEST_CASE(
    "a result topic of somebody else is used as it is unless it would lose or refuse records") {
  const TopicRequirement sink = Required("asr");
  CHECK(JudgeTopic(sink, {.partitions = 9, .configs = {}}).ok());
  CHECK(JudgeTopic(sink, {9, {{"message.timestamp.type", "CreateTime"}}}).ok());
  CHECK(JudgeTopic(sink, {9, {{"retention.ms", "-1"}}}).ok());
  CHECK_FALSE(JudgeTopic(sink, {9, {{"retention.ms", "1000"}}}).ok());
  CHECK_FALSE(JudgeTopic(sink, {9, {{"max.message.bytes", "1000"}}}).ok());
  CHECK_FALSE(JudgeTopic(sink, {9, {{"message.timestamp.after.max.ms", "5"}}}).ok());
  CHECK(JudgeTopic(sink, {9,
                          {{"message.timestamp.type", "LogAppendTime"},
                           {"message.timestamp.after.max.ms", "5"}}})
            .ok());
}

TEST_CASE("all that is wrong with a topic is said at once, with one line that mends it") {
  const Status refused = JudgeTopic(Required("asr"), {9,
                                                      {{"message.timestamp.after.max.ms", "5"},
                                                       {"retention.ms", "1000"},
                                                       {"max.message.bytes", "1000"}}});
  CHECK(refused.message() ==
        "topic 'asr' refuses records by their clock (message.timestamp.after.max.ms=5), and drops "
        "records after 1000 ms, and takes only records up to 1000 bytes. Mend it with: "
        "kafka-configs.sh --bootstrap-server SERVER --alter --entity-type topics --entity-name asr "
        "--add-config max.message.bytes=1048588,message.timestamp.type=LogAppendTime,"
        "retention.ms=604800000");
}

TEST_CASE("a topic for copies is not compacted, and the ledger is") {
  const TopicRequirement late = Required("voice.late");
  const TopicRequirement ledger = Required("voice.ledger");
  for (const char* policy : {"compact", "compact,delete"}) {
    CHECK_FALSE(JudgeTopic(late, {1, {{"cleanup.policy", policy}}}).ok());
  }
  CHECK(JudgeTopic(late, {1, {{"cleanup.policy", "delete"}}}).ok());
  CHECK_FALSE(JudgeTopic(ledger, {1, {{"cleanup.policy", "delete"}}}).ok());
  CHECK(JudgeTopic(ledger, {1, {{"cleanup.policy", "compact"}, {"retention.ms", "1000"}}}).ok());
  CHECK(JudgeTopic(Required("asr-final"), {1, {{"cleanup.policy", "compact"}}}).ok());
}

TEST_CASE("a list value is put in brackets in the kafka-configs line") {
  CHECK(KafkaConfigsLine("t", {{"cleanup.policy", "compact,delete"}, {"a", "1"}}) ==
        "kafka-configs.sh --bootstrap-server SERVER --alter --entity-type topics --entity-name t "
        "--add-config a=1,cleanup.policy=[compact,delete]");
}

}  // namespace
}  // namespace tidemark
