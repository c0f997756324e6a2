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

// What one group holds now, and how many tasks it has.
struct GroupNow {
  Counts held;
  std::size_t tasks = 0;
};

// By brute force over every choice of who gets one more in each group, from number `first` on: the
// least number of tasks that any even spread moves.
std::size_t LeastMoves(const std::vector<GroupNow>& groups, std::size_t first,
                       const Counts& totals) {
  if (first == groups.size()) return Spread(totals) <= 1 ? 0 : SIZE_MAX;
  const GroupNow& group = groups[first];
  const std::size_t floor = group.tasks / group.held.size();
  const std::size_t remainder = group.tasks % group.held.size();
  std::size_t best = SIZE_MAX;
  for (std::uint32_t choice = 0; choice < (1U << group.held.size()); ++choice) {
    if (static_cast<std::size_t>(__builtin_popcount(choice)) != remainder) continue;
    Counts with = totals;
    std::size_t moves = 0;
    std::size_t i = 0;
    for (const auto& [worker, count] : group.held) {
      const std::size_t quota = floor + ((choice >> i++) & 1U);
      with[worker] += quota;
      if (count > quota) moves += count - quota;
    }
    const std::size_t rest = LeastMoves(groups, first + 1, with);
    if (rest != SIZE_MAX) best = std::min(best, moves + rest);
  }
  return best;
}

Counts Totals(const Ownership& owners, const std::set<std::string>& workers) {
  Counts totals;
  for (const std::string& worker : workers) totals[worker] = 0;
  for (const auto& [task, owner] : owners) ++totals[owner];
  return totals;
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

TEST_CASE("a worker that comes later gets its share of many small groups") {
  Ownership present;
  for (int p = 0; p < 3; ++p) {
    present[LaneOf(StrCat("p", p), 0)] = "w0";
    present[MergeOf(StrCat("p", p), 0)] = "w0";
  }
  const std::set<std::string> workers = {"w0", "w1"};
  const Ownership dealt = AssignTasks(present, workers);
  CHECK(Totals(dealt, workers) == Counts{{"w0", 3}, {"w1", 3}});
  CHECK(Moves(present, dealt, workers) == 3);
}

TEST_CASE("groups and totals are spread evenly by few moves, and a second deal moves none") {
  CHECK(rc::check([] {
    const Scene scene = ArbitraryScene();
    const Ownership dealt = AssignTasks(scene.present, scene.workers);
    RC_ASSERT(dealt.size() == scene.present.size());
    std::vector<GroupNow> groups;
    for (const char* pipeline : {"p0", "p1"}) {
      for (const TaskId::Kind kind : {TaskId::Kind::kLane, TaskId::Kind::kMerge}) {
        const Counts after = Count(dealt, scene.workers, pipeline, kind);
        RC_ASSERT(Spread(after) <= 1);
        GroupNow now{.held = Count(scene.present, scene.workers, pipeline, kind)};
        for (const auto& [worker, count] : after) now.tasks += count;
        groups.push_back(std::move(now));
      }
    }
    RC_ASSERT(Spread(Totals(dealt, scene.workers)) <= 1);
    RC_ASSERT(Moves(scene.present, dealt, scene.workers) <= LeastMoves(groups, 0, {}) + 1);
    RC_ASSERT(AssignTasks(dealt, scene.workers) == dealt);
  }));
}

}  // namespace
}  // namespace tidemark
