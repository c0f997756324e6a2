#include "cluster/task_pauses.h"

#include <catch2/catch.hpp>

namespace tidemark {
namespace {

const WorkerIdentity kOwner{"w1", Incarnation::FromBits(1)};
const WorkerIdentity kOther{"w2", Incarnation::FromBits(2)};
const TaskAddress kTask{"voice", Incarnation::FromBits(9), TaskId::Of(Lane(0U))};

// One task, its owner, and the coordinator's memory of its failures.
struct Scene {
  ClusterState state;
  TaskPauses pauses;
  MonotonicTime now{1'000'000};

  Scene() { Own(kOwner, 1); }
  void Own(const WorkerIdentity& worker, std::uint64_t epoch) {
    state.tasks[kTask] = {OwnerEpoch(epoch), worker};
  }
  OwnerEpoch epoch() const { return state.tasks.at(kTask).epoch; }
  // True if that is a new failure.
  bool Report(TaskState task_state, const WorkerIdentity& worker = kOwner) {
    const TaskReport report{
        .task = kTask, .epoch = epoch(), .state = task_state, .reason = "no broker"};
    return !pauses.Observe(state, worker, {report}, now).empty();
  }
  bool Waits() const { return pauses.Waits(kTask, epoch(), now); }
  // Seconds until the task that failed may be dealt anew.
  int Pause() {
    int seconds = 0;
    for (; Waits(); ++seconds) now = now + Duration(1'000);
    return seconds;
  }
  void DealAnew() { Own(kOwner, epoch().value() + 1); }
  void Run(Duration time) {
    for (Duration passed{0}; passed <= time; passed += Duration(1'000)) {
      Report(TaskState::kRunning);
      now = now + Duration(1'000);
    }
  }
};

TEST_CASE("pauses double up to a minute, whoever owns the task") {
  Scene scene;
  std::vector<int> pauses;
  for (int i = 0; i < 9; ++i) {
    CHECK(scene.Report(TaskState::kFailed));
    pauses.push_back(scene.Pause());
    scene.DealAnew();
    CHECK_FALSE(scene.Waits());
    scene.Report(TaskState::kTaking);
    scene.Run(Duration(5'000));
  }
  CHECK(pauses == std::vector<int>{1, 2, 4, 8, 16, 32, 60, 60, 60});
}

TEST_CASE("the same failure reported again prolongs nothing and is not new") {
  Scene scene;
  CHECK(scene.Report(TaskState::kFailed));
  scene.now = scene.now + Duration(600);
  CHECK_FALSE(scene.Report(TaskState::kFailed));
  CHECK(scene.Waits());
  scene.now = scene.now + Duration(400);
  CHECK_FALSE(scene.Waits());
  CHECK_FALSE(scene.Report(TaskState::kFailed));
  CHECK_FALSE(scene.Waits());
}

TEST_CASE("only a minute of running at a stretch is forgiven") {
  const auto second_pause = [](const std::vector<Duration>& runs) {
    Scene scene;
    scene.Report(TaskState::kFailed);
    scene.Pause();
    scene.DealAnew();
    for (const Duration run : runs) {
      scene.Run(run);
      scene.Report(TaskState::kTaking);
    }
    scene.Report(TaskState::kFailed);
    return scene.Pause();
  };
  CHECK(second_pause({}) == 2);
  CHECK(second_pause({Duration(59'000)}) == 2);
  CHECK(second_pause({Duration(40'000), Duration(40'000)}) == 2);
  CHECK(second_pause({Duration(60'000)}) == 1);
}

TEST_CASE("the reports of others, and of former epochs, say nothing") {
  Scene scene;
  CHECK_FALSE(scene.Report(TaskState::kFailed, kOther));
  const TaskReport former{.task = kTask, .epoch = OwnerEpoch(), .state = TaskState::kFailed};
  CHECK(scene.pauses.Observe(scene.state, kOwner, {former}, scene.now).empty());
  CHECK_FALSE(scene.Waits());
}

TEST_CASE("the next owner of a task that failed elsewhere may let go of it at once") {
  Scene scene;
  scene.Report(TaskState::kFailed);
  CHECK(scene.Waits());
  scene.Own(kOther, 2);
  CHECK_FALSE(scene.Waits());
}

TEST_CASE("a task that was nobody's in between begins anew") {
  Scene scene;
  scene.Report(TaskState::kFailed);
  scene.Pause();
  scene.pauses.Forget(scene.state);
  scene.DealAnew();
  scene.Report(TaskState::kFailed);
  CHECK(scene.Pause() == 2);
  scene.state.tasks[kTask].worker.reset();
  scene.pauses.Forget(scene.state);
  scene.DealAnew();
  scene.Report(TaskState::kFailed);
  CHECK(scene.Pause() == 1);
}

}  // namespace
}  // namespace tidemark
