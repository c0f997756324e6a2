#include "cluster/assignment.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/text.h"

namespace tidemark {
namespace {

TaskAddress LaneOf(const std::string& pipeline, std::uint32_t index) {
  return {pipeline, Incarnation(), TaskId::Of(Lane(index))};
}
TaskAddress MergeOf(const std::string& pipeline, std::uint32_t index) {
  return {pipeline, Incarnation(), TaskId::Of(ShufflePartition(index))};
}

std::size_t Moves(const Ownership& before, const Ownership& after,
                  const std::set<std::string>& workers) {
  return static_cast<std::size_t>(
      std::count_if(before.begin(), before.end(), [&](const auto& entry) {
        return workers.contains(entry.second) && after.at(entry.first) != entry.second;
      }));
}

using Counts = std::map<std::string, std::size_t>;

// Tasks per worker in the group of `kind` and `pipeline`.
Counts Count(const Ownership& owners, const std::set<std::string>& workers,
             const std::string& pipeline, TaskId::Kind kind) {
  Counts counts;
  for (const std::string& worker : workers) counts[worker] = 0;
  for (const auto& [task, owner] : owners) {
    if (task.pipeline == pipeline && task.task.kind == kind && workers.contains(owner)) {
      ++counts[owner];
    }
  }
  return counts;
}

std::size_t Spread(const Counts& counts) {
  std::size_t least = SIZE_MAX;
  std::size_t most = 0;
  for (const auto& [worker, count] : counts) {
    least = std::min(least, count);
    most = std::max(most, count);
  }
  return most - least;
}

// By brute force over every choice of who gets one more: the least number of tasks any even spread
// moves.
std::size_t LeastMoves(const Counts& held, std::size_t tasks) {
  const std::size_t floor = tasks / held.size();
  const std::size_t remainder = tasks % held.size();
  std::size_t best = SIZE_MAX;
  for (std::uint32_t choice = 0; choice < (1U << held.size()); ++choice) {
    if (static_cast<std::size_t>(__builtin_popcount(choice)) != remainder) continue;
    std::size_t moves = 0;
    std::size_t i = 0;
    for (const auto& [worker, count] : held) {
      const std::size_t quota = floor + ((choice >> i++) & 1U);
      if (count > quota) moves += count - quota;
    }
    best = std::min(best, moves);
  }
  return best;
}

struct Scene {
  Ownership present;
  std::set<std::string> workers;
};

Scene ArbitraryScene() {
  Scene scene;
  const auto workers = *rc::gen::inRange(1, 6);
  for (int i = 0; i < workers; ++i) scene.workers.insert(StrCat("w", i));
  const auto pipelines = *rc::gen::inRange(1, 3);
  for (int p = 0; p < pipelines; ++p) {
    const auto tasks = *rc::gen::inRange(0, 14);
    for (int t = 0; t < tasks; ++t) {
      const auto owner = *rc::gen::inRange(0, 8);  // w5.. are dead, 7 is nobody
      const std::string id = owner == 7 ? "" : StrCat("w", owner);
      const std::string name = StrCat("p", p);
      const auto index = static_cast<std::uint32_t>(t / 2);
      scene.present[t % 2 == 0 ? LaneOf(name, index) : MergeOf(name, index)] = id;
    }
  }
  return scene;
}

TEST_CASE("without workers every task is nobody's") {
  const Ownership present = {{LaneOf("a", 0), "w1"}, {MergeOf("a", 0), ""}};
  const Ownership dealt = AssignTasks(present, {});
  CHECK(dealt == Ownership{{LaneOf("a", 0), ""}, {MergeOf("a", 0), ""}});
}

TEST_CASE("a dead worker's tasks go to the others and nobody else's task moves") {
  Ownership present;
  for (std::uint32_t i = 0; i < 6; ++i) present[LaneOf("a", i)] = StrCat("w", i % 3);
  const Ownership dealt = AssignTasks(present, {"w0", "w2"});
  for (const auto& [task, owner] : present) {
    if (owner != "w1") CHECK(dealt.at(task) == owner);
  }
  CHECK(Count(dealt, {"w0", "w2"}, "a", TaskId::Kind::kLane) == Counts{{"w0", 3}, {"w2", 3}});
}

TEST_CASE("a new worker gets its even share by the fewest moves") {
  Ownership present;
  for (std::uint32_t i = 0; i < 8; ++i) present[MergeOf("a", i)] = StrCat("w", i % 2);
  const std::set<std::string> workers = {"w0", "w1", "w2"};
  const Ownership dealt = AssignTasks(present, workers);
  CHECK(Moves(present, dealt, workers) == 2);
  CHECK(Spread(Count(dealt, workers, "a", TaskId::Kind::kMerge)) == 1);
}

TEST_CASE("groups of one task each do not all land on the first worker") {
  Ownership present;
  for (int p = 0; p < 4; ++p) present[LaneOf(StrCat("p", p), 0)] = "";
  const Ownership dealt = AssignTasks(present, {"w0", "w1", "w2", "w3"});
  std::set<std::string> owners;
  for (const auto& [task, owner] : dealt) owners.insert(owner);
  CHECK(owners.size() == 4);
}

TEST_CASE("every group is spread evenly, by the fewest moves, and a second deal changes nothing") {
  CHECK(rc::check([] {
    const Scene scene = ArbitraryScene();
    const Ownership dealt = AssignTasks(scene.present, scene.workers);
    RC_ASSERT(dealt.size() == scene.present.size());
    std::size_t least_moves = 0;
    for (const char* pipeline : {"p0", "p1"}) {
      for (const TaskId::Kind kind : {TaskId::Kind::kLane, TaskId::Kind::kMerge}) {
        RC_ASSERT(Spread(Count(dealt, scene.workers, pipeline, kind)) <= 1);
        std::size_t tasks = 0;
        for (const auto& [worker, count] : Count(dealt, scene.workers, pipeline, kind)) {
          tasks += count;
        }
        least_moves += LeastMoves(Count(scene.present, scene.workers, pipeline, kind), tasks);
      }
    }
    RC_ASSERT(Moves(scene.present, dealt, scene.workers) == least_moves);
    RC_ASSERT(AssignTasks(dealt, scene.workers) == dealt);
  }));
}

TEST_CASE("dealt from nothing, the totals of all workers differ by at most one") {
  CHECK(rc::check([] {
    Scene scene = ArbitraryScene();
    for (auto& [task, owner] : scene.present) owner.clear();
    Counts totals;
    for (const std::string& worker : scene.workers) totals[worker] = 0;
    for (const auto& [task, owner] : AssignTasks(scene.present, scene.workers)) ++totals[owner];
    RC_ASSERT(Spread(totals) <= 1);
  }));
}

}  // namespace
}  // namespace tidemark
