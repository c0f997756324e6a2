#include "cluster/decisions.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

const WorkerIdentity kFirst{"w1", Incarnation::FromBits(1)};
const WorkerIdentity kSecond{"w2", Incarnation::FromBits(2)};

PipelineDefinition Pipeline(std::string name, PipelineState state = PipelineState::kRunning) {
  PipelineDefinition pipeline;
  pipeline.name = std::move(name);
  pipeline.incarnation = Incarnation::FromBits(9);
  pipeline.state = state;
  pipeline.lanes = 2;
  pipeline.merges = 2;
  return pipeline;
}

void Write(ClusterState& state, const Decision& decision) {
  for (const MetadataRecord& record : decision) {
    REQUIRE(state.Apply(record.key, record.value).ok());
  }
}

LivingWorkers Living(std::initializer_list<WorkerIdentity> workers) {
  LivingWorkers living;
  for (const WorkerIdentity& worker : workers) living[worker.id] = {worker.incarnation};
  return living;
}

struct Scene {
  ClusterState state;
  explicit Scene(const LivingWorkers& workers) {
    Write(state, DecideCreation(Pipeline("a")));
    Write(state, DecideOwnership(state, workers, {}).records);
  }
  TaskAddress lane(std::uint32_t i) const {
    return {"a", Incarnation::FromBits(9), TaskId::Of(Lane(i))};
  }
};

TEST_CASE("what is dealt stays dealt: the same workers lead to no decision") {
  Scene scene(Living({kFirst, kSecond}));
  for (const auto& [task, owner] : scene.state.tasks) CHECK(owner.epoch == OwnerEpoch(1));
  CHECK(DecideOwnership(scene.state, Living({kFirst, kSecond}), {}).records.empty());
}

TEST_CASE("a restarted worker gets its tasks back under the next epoch") {
  Scene scene(Living({kFirst}));
  const WorkerIdentity restarted{"w1", Incarnation::FromBits(77)};
  Write(scene.state, DecideOwnership(scene.state, Living({restarted}), {}).records);
  for (const auto& [task, owner] : scene.state.tasks) {
    CHECK(owner.worker == restarted);
    CHECK(owner.epoch == OwnerEpoch(2));
  }
}

TEST_CASE("a task that its owner has let go of gets the next epoch, others keep theirs") {
  Scene scene(Living({kFirst}));
  const TaskReport stale{.task = scene.lane(1), .epoch = OwnerEpoch(1), .state = TaskState::kStale};
  const TaskReport older{.task = scene.lane(0), .epoch = OwnerEpoch(), .state = TaskState::kFailed};
  const auto released = ReleasedTasks(scene.state, kFirst, {stale, older});
  CHECK(released == std::set<TaskAddress>{scene.lane(1)});
  Write(scene.state, DecideOwnership(scene.state, Living({kFirst}), released).records);
  CHECK(scene.state.tasks.at(scene.lane(1)).epoch == OwnerEpoch(2));
  CHECK(scene.state.tasks.at(scene.lane(0)).epoch == OwnerEpoch(1));
  CHECK(ReleasedTasks(scene.state, kFirst, {stale}).empty());
}

TEST_CASE("a draining worker keeps what it has not let go of and gets nothing new") {
  Scene scene(Living({kFirst}));
  LivingWorkers workers = Living({kFirst, kSecond});
  workers["w1"].takes_tasks = false;
  CHECK(DecideOwnership(scene.state, workers, {}).records.empty());
  Write(scene.state, DecideOwnership(scene.state, workers, {scene.lane(0)}).records);
  CHECK(scene.state.tasks.at(scene.lane(0)).worker == kSecond);
  CHECK(scene.state.tasks.at(scene.lane(1)).worker == kFirst);
}

// How often each reason moved a task.
std::map<MoveReason, int> Reasons(const OwnershipDecision& decision) {
  std::map<MoveReason, int> reasons;
  for (const TaskMove& move : decision.moves) ++reasons[move.reason];
  return reasons;
}

TEST_CASE("each assignment has the reason why the one before ended") {
  using Counts = std::map<MoveReason, int>;
  const WorkerIdentity restarted{"w1", Incarnation::FromBits(77)};
  Scene scene(Living({kFirst}));
  ClusterState fresh;
  Write(fresh, DecideCreation(Pipeline("a")));
  CHECK(Reasons(DecideOwnership(fresh, Living({kFirst}), {})) == Counts{{MoveReason::kStarted, 4}});
  const auto reasons_of = [&](const LivingWorkers& workers, const std::set<TaskAddress>& released,
                              const std::set<WorkerIdentity>& left) {
    const OwnershipDecision decision = DecideOwnership(scene.state, workers, released, left);
    CHECK(decision.moves.size() == decision.records.size());
    return Reasons(decision);
  };
  CHECK(reasons_of(Living({kSecond}), {}, {}) == Counts{{MoveReason::kLost, 4}});
  CHECK(reasons_of(Living({kSecond}), {}, {kFirst}) == Counts{{MoveReason::kLeft, 4}});
  CHECK(reasons_of(Living({restarted}), {}, {kFirst}) == Counts{{MoveReason::kReplaced, 4}});
  CHECK(reasons_of(Living({kFirst, kSecond}), {}, {}) == Counts{{MoveReason::kBalance, 2}});
  CHECK(reasons_of(Living({kFirst}), {scene.lane(0)}, {}) == Counts{{MoveReason::kFailed, 1}});
  CHECK(reasons_of({}, {}, {}).empty());
  LivingWorkers draining = Living({kFirst, kSecond});
  draining["w1"].takes_tasks = false;
  CHECK(reasons_of(draining, {scene.lane(0)}, {}) == Counts{{MoveReason::kLeft, 1}});
}

TEST_CASE("what is taken away is no assignment") {
  Scene scene(Living({kFirst}));
  Write(scene.state, {EncodePipeline(Pipeline("a", PipelineState::kPaused))});
  const OwnershipDecision decision = DecideOwnership(scene.state, Living({kFirst}), {});
  CHECK(decision.records.size() == 4);
  CHECK(decision.moves.empty());
}

TEST_CASE("an assignment counts once it is read back, once, and never if it was lost") {
  ClusterState state;
  Write(state, DecideCreation(Pipeline("a")));
  TaskMoveCounter counter;
  CHECK(counter.counts().size() == kMoveReasons);
  OwnershipDecision decision = DecideOwnership(state, Living({kFirst}), {});
  counter.Decided(decision.moves);
  counter.ReadBack(state);
  CHECK(counter.counts().at(MoveReason::kStarted) == 0);
  counter.Decided(decision.moves);
  Write(state, decision.records);
  counter.ReadBack(state);
  counter.ReadBack(state);
  CHECK(counter.counts().at(MoveReason::kStarted) == 4);
}

TEST_CASE("only the present owner's report halts a pipeline, and others go on") {
  Scene scene(Living({kFirst, kSecond}));
  Write(scene.state, DecideCreation(Pipeline("b")));
  Write(scene.state, DecideOwnership(scene.state, Living({kFirst, kSecond}), {}).records);
  const WorkerIdentity owner = *scene.state.tasks.at(scene.lane(0)).worker;
  const WorkerIdentity stranger = owner == kFirst ? kSecond : kFirst;
  const TaskReport halted{
      .task = scene.lane(0), .epoch = OwnerEpoch(1), .state = TaskState::kHalted, .reason = "gap"};
  CHECK(DecideHalts(scene.state, stranger, {halted}).empty());
  Write(scene.state, DecideHalts(scene.state, owner, {halted}));
  CHECK(scene.state.pipelines.at("a")->state == PipelineState::kHalted);
  CHECK(scene.state.pipelines.at("a")->reason == "a/lane-0: gap");
  CHECK(scene.state.pipelines.at("b")->state == PipelineState::kRunning);
  Write(scene.state, DecideOwnership(scene.state, Living({kFirst, kSecond}), {}).records);
  for (const auto& [task, now] : scene.state.tasks)
    CHECK(now.worker.has_value() == (task.pipeline == "b"));
  CHECK(DecideHalts(scene.state, owner, {halted}).empty());
}

TEST_CASE("a pipeline is removed only when all its tasks are nobody's") {
  Scene scene(Living({kFirst}));
  Write(scene.state, {EncodePipeline(Pipeline("a", PipelineState::kDeleting))});
  CHECK(DecideRemovals(scene.state).empty());
  Write(scene.state, DecideOwnership(scene.state, Living({kFirst}), {}).records);
  Write(scene.state, DecideRemovals(scene.state));
  CHECK(scene.state.tasks.empty());
  CHECK(scene.state.pipelines.empty());
}

}  // namespace
}  // namespace tidemark
