#include "cluster/cluster_state.h"

#include <catch2/catch.hpp>

#include "base/text.h"

namespace tidemark {
namespace {

PipelineDefinition Voice() {
  PipelineDefinition pipeline;
  pipeline.name = "voice";
  pipeline.incarnation = Incarnation::FromBits(42);
  pipeline.version = PlanVersion(3);
  pipeline.state = PipelineState::kHalted;
  pipeline.reason = "voice/lane-0: topic 'x' is gone";
  pipeline.text = "version: 1\npipeline: voice\n";
  pipeline.sources = {{"calls", Partition(0)}, {"calls", Partition(1)}, {"more", Partition(0)}};
  pipeline.start_offsets = {Offset(7), Offset(0), Offset(99)};
  pipeline.start_time = EventTime(-5);
  pipeline.lanes = 2;
  pipeline.merges = 3;
  pipeline.sink_partitions = {{"asr", 4}, {"aloc", 1}};
  return pipeline;
}

Status ApplyTo(ClusterState& state, const MetadataRecord& record) {
  return state.Apply(record.key, record.value);
}

TEST_CASE("a pipeline record reads back as it was written, absent start time included") {
  for (const bool with_start : {true, false}) {
    PipelineDefinition pipeline = Voice();
    if (!with_start) pipeline.start_time.reset();
    ClusterState state;
    REQUIRE(ApplyTo(state, EncodePipeline(pipeline)).ok());
    CHECK(*state.pipelines.at("voice") == pipeline);
  }
}

TEST_CASE("task records are keyed by pipeline, incarnation and task, and read back") {
  const TaskAddress task{"voice", Incarnation::FromBits(42), TaskId::Of(ShufflePartition(5))};
  const TaskOwner owned{OwnerEpoch(9), WorkerIdentity{"w1", Incarnation::FromBits(7)}};
  const TaskOwner free{OwnerEpoch(9), std::nullopt};
  CHECK(EncodeTask(task, owned).key == StrCat("task/voice/", task.incarnation.text(), "/merge-5"));
  for (const TaskOwner& owner : {owned, free}) {
    ClusterState state;
    REQUIRE(ApplyTo(state, EncodeTask(task, owner)).ok());
    CHECK(state.tasks == std::map<TaskAddress, TaskOwner>{{task, owner}});
    REQUIRE(ApplyTo(state, RemoveTask(task)).ok());
    CHECK(state.tasks.empty());
  }
}

TEST_CASE("a record of another kind, of a newer format or of an unknown key changes nothing") {
  const MetadataRecord good = EncodePipeline(Voice());
  std::string newer = *good.value;
  newer[3] = 2;
  std::string torn = good.value->substr(0, good.value->size() - 1);
  ClusterState state;
  CHECK(state.Apply("pipeline/voice", newer).message().find("newer than 1") != std::string::npos);
  CHECK(state.Apply("pipeline/voice", torn).code() == StatusCode::kDataLoss);
  CHECK(state.Apply("pipeline/voice", "TM").code() == StatusCode::kDataLoss);
  CHECK(state.Apply("term", good.value).code() == StatusCode::kDataLoss);
  CHECK_FALSE(state.Apply("worker/w1", "x").ok());
  CHECK_FALSE(state.Apply("task/voice/lane-0", EncodeTerm(Term(1)).value).ok());
  CHECK(state.pipelines.empty());
  CHECK(state.tasks.empty());
  CHECK(state.term == Term());
}

TEST_CASE("a snapshot holds exactly the tasks of that incarnation of the worker") {
  const PipelineDefinition pipeline = Voice();
  const WorkerIdentity mine{"w1", Incarnation::FromBits(1)};
  const WorkerIdentity former{"w1", Incarnation::FromBits(2)};
  const auto address = [&](std::uint32_t lane) {
    return TaskAddress{"voice", pipeline.incarnation, TaskId::Of(Lane(lane))};
  };
  const TaskAddress forgotten{"voice", Incarnation::FromBits(5), TaskId::Of(Lane(0))};
  ClusterState state;
  REQUIRE(ApplyTo(state, EncodeTerm(Term(4))).ok());
  REQUIRE(ApplyTo(state, EncodePipeline(pipeline)).ok());
  REQUIRE(ApplyTo(state, EncodeTask(address(0), {OwnerEpoch(2), mine})).ok());
  REQUIRE(ApplyTo(state, EncodeTask(address(1), {OwnerEpoch(3), former})).ok());
  REQUIRE(ApplyTo(state, EncodeTask(forgotten, {OwnerEpoch(3), mine})).ok());
  const AssignmentSnapshot snapshot = state.SnapshotFor(mine);
  CHECK(snapshot.term == Term(4));
  CHECK(snapshot.tasks == std::vector<Assignment>{{address(0), OwnerEpoch(2), PlanVersion(3)}});
  CHECK(snapshot.pipelines.size() == 1);
}

}  // namespace
}  // namespace tidemark
