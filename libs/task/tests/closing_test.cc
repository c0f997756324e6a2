#include "task/closing.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using merge_fixture::CountAndSum;
using merge_fixture::Hop;
using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_fixture::Tumble;

constexpr InstanceId kOne{1U};
constexpr InstanceId kTwo{2U};

struct World {
  explicit World(std::vector<QueryPlan> plans, std::optional<EventTime> start = std::nullopt) {
    plan.queries = std::move(plans);
    queries = MergeQueriesOf(plan, start);
  }

  tidemark::Status Merge(const Partial& partial, std::optional<Watermark> combined = std::nullopt) {
    const auto frame = merge_fixture::FrameOf(plan, merge_fixture::HeaderOf(0, 1, {}), {partial});
    auto reader = FrameReader::Open(frame[0]);
    const auto block = reader->NextBlock();
    return cells.MergeBlock(**block, *reader, Offset(std::int64_t{0}), combined);
  }
  void Add(const Partial& partial) { REQUIRE(Merge(partial).ok()); }

  // "trigger window_end account calls revision", minutes after kDay0.
  std::vector<std::string> Fire(std::optional<Watermark> after, std::int64_t through,
                                const std::optional<ClosingCursor>& cursor = std::nullopt) {
    Closing closing(queries, cells);
    closing.Begin(after, Watermark(kDay0 + through), cursor);
    std::vector<std::string> fired;
    cursors.clear();
    while (const Emission* emission = closing.Next()) {
      std::uint64_t calls = 0;
      for (const Cell* cell : emission->cells) calls += CellLayout::Events(cell->states());
      const auto minutes = [](std::int64_t t) { return std::to_string((t - kDay0) / kMinute); };
      fired.push_back(minutes(emission->trigger.time) + " " +
                      minutes(emission->trigger.window_end) + " " +
                      std::string(emission->key.substr(3)) + " " + std::to_string(calls) + " " +
                      std::string(FinalityName(emission->finality)) +
                      std::to_string(emission->revision) + (emission->changed ? "" : " unchanged"));
      cursors.push_back(CursorAt(*emission));
    }
    return fired;
  }

  PipelinePlan plan;
  MergeQueries queries;
  OpenCells cells{queries, ShufflePartition(0U), 1, OpenCells::Track::kNothing};
  std::vector<ClosingCursor> cursors;
};

Partial P(InstanceId instance, std::int64_t slice_end, std::int64_t tag, std::string account,
          std::size_t events = 1) {
  return {instance, kDay0 + slice_end, tag == 0 ? 0 : kDay0 + tag, std::move(account),
          std::vector<std::int64_t>(events, 7)};
}

using Rows = std::vector<std::string>;

TEST_CASE("a window fires when the watermark reaches its end, not a millisecond before") {
  World world({CountAndSum("q", 1, Tumble(kMinute), 0)});
  world.Add(P(kOne, kMinute, 0, "a"));
  CHECK(world.Fire(std::nullopt, kMinute - 1).empty());
  CHECK(world.Fire(std::nullopt, kMinute) == Rows{"1 1 a 1 FINAL0"});
  CHECK(world.Fire(Watermark(kDay0 + kMinute), 5 * kMinute).empty());
}

TEST_CASE(
    "with lateness a window fires at its end, and again only for keys that late events changed") {
  World world({CountAndSum("q", 1, Tumble(kMinute), 2 * kMinute)});
  world.Add(P(kOne, kMinute, 0, "a"));
  world.Add(P(kOne, kMinute, 0, "b"));
  world.Add(P(kOne, kMinute, kMinute, "b", 2));
  world.Add(P(kOne, kMinute, 2 * kMinute, "c"));
  CHECK(world.Fire(std::nullopt, kMinute).size() == 2);
  CHECK(world.Fire(Watermark(kDay0 + kMinute), 3 * kMinute - 1).empty());
  const Rows final = world.Fire(Watermark(kDay0 + kMinute), 3 * kMinute);
  CHECK(std::set<std::string>(final.begin(), final.end()) ==
        std::set<std::string>{"3 1 b 3 FINAL1", "3 1 c 1 FINAL0"});
}

TEST_CASE("sinks that want only final rows get every key once, at the end and A") {
  QueryPlan query = CountAndSum("q", 1, Tumble(kMinute), kMinute);
  query.sinks = {{"q", SinkPlan::Revisions::kFinal}};
  World world({query});
  world.Add(P(kOne, kMinute, 0, "a"));
  world.Add(P(kOne, kMinute, kMinute, "a"));
  world.Add(P(kOne, kMinute, 0, "b"));
  CHECK(world.Fire(std::nullopt, 2 * kMinute - 1).empty());
  const Rows final = world.Fire(std::nullopt, 2 * kMinute);
  CHECK(std::set<std::string>(final.begin(), final.end()) ==
        std::set<std::string>{"2 1 a 2 FINAL1", "2 1 b 1 FINAL0 unchanged"});
}

TEST_CASE("a partial late for an earlier hop window is in the later windows only") {
  World world({CountAndSum("q", 1, Hop(3 * kMinute, kMinute), 0)});
  world.Add(P(kOne, kMinute, 0, "a"));
  world.Add(P(kOne, kMinute, kMinute,
              "a"));  // accepted at W in [1, 2): too late for the window that ends at 1
  world.Add(P(kOne, 2 * kMinute, 0, "a"));
  CHECK(world.Fire(std::nullopt, 4 * kMinute) ==
        Rows{"1 1 a 1 FINAL0", "2 2 a 3 FINAL0", "3 3 a 3 FINAL0", "4 4 a 1 FINAL0"});
}

TEST_CASE("triggers fire by time, then query, then window, then key hash") {
  World world(
      {CountAndSum("q", 1, Tumble(2 * kMinute), 0), CountAndSum("r", 2, Tumble(kMinute), kMinute)});
  for (const char* account : {"a", "b", "c", "d"}) {
    world.Add(P(kOne, 2 * kMinute, 0, account));
    world.Add(P(kTwo, kMinute, 0, account));
    world.Add(P(kTwo, kMinute, kMinute, account));
    world.Add(P(kTwo, 2 * kMinute, 0, account));
  }
  world.Fire(std::nullopt, 10 * kMinute);
  REQUIRE(world.cursors.size() == 16);
  CHECK(std::is_sorted(world.cursors.begin(), world.cursors.end()));
  CHECK(std::set<ClosingCursor>(world.cursors.begin(), world.cursors.end()).size() == 16);
}

TEST_CASE("a closing continued at any cursor publishes exactly the rest") {
  World world({CountAndSum("q", 1, Hop(3 * kMinute, kMinute), kMinute),
               CountAndSum("r", 2, Tumble(kMinute), 0)});
  for (const char* account : {"a", "b", "c"}) {
    world.Add(P(kOne, kMinute, 0, account));
    world.Add(P(kOne, kMinute, 2 * kMinute, account));
    world.Add(P(kTwo, 2 * kMinute, 0, account));
  }
  const Rows whole = world.Fire(std::nullopt, 9 * kMinute);
  const std::vector<ClosingCursor> cursors = world.cursors;
  REQUIRE(whole.size() > 12);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const Rows rest = world.Fire(std::nullopt, 9 * kMinute, cursors[cut]);
    CHECK(rest == Rows(whole.begin() + static_cast<std::ptrdiff_t>(cut) + 1, whole.end()));
  }
}

TEST_CASE("windows that begin before the start are withheld") {
  World world({CountAndSum("q", 1, Hop(2 * kMinute, kMinute), 0)}, EventTime(kDay0));
  world.Add(P(kOne, kMinute, 0, "a"));
  CHECK(world.Fire(std::nullopt, 9 * kMinute) == Rows{"2 2 a 1 FINAL0"});
}

// A partial of a slice with a tag, drawn over a small world.
Partial Drawn(const WindowMath& math) {
  const std::int64_t slice_end = kDay0 + *rc::gen::inRange<std::int64_t>(1, 8) * math.width;
  const std::int64_t watermark = kDay0 + *rc::gen::inRange<std::int64_t>(0, 12 * math.width);
  const std::string account(1, static_cast<char>('a' + *rc::gen::inRange(0, 4)));
  return {kOne, slice_end, math.Tag(slice_end, watermark), account, {1}};
}

TEST_CASE("what fires is what the definition says, however the watermark advances") {
  CHECK(rc::check([] {
    const std::int64_t slide = kMinute * *rc::gen::inRange<std::int64_t>(1, 3);
    const WindowSpec spec = Hop(slide + kMinute * *rc::gen::inRange<std::int64_t>(0, 3), slide);
    const std::int64_t lateness = kMinute / 2 * *rc::gen::inRange<std::int64_t>(0, 5);
    World world({CountAndSum("q", 1, spec, lateness)});
    const MergeQuery& query = world.queries.at(kOne);
    std::vector<Partial> partials;
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      const Partial partial = Drawn(query.time());
      if (partial.tag >= query.LastTrigger(partial.slice_end)) continue;
      partials.push_back(partial);
      RC_ASSERT(world.Merge(partial).ok());
    }
    // trigger, window end, key -> content at that trigger, content at the one before.
    std::set<std::tuple<std::int64_t, std::int64_t, std::string>> expected;
    for (const Partial& partial : partials) {
      for (std::int64_t end = query.FirstWindowEnd(partial.slice_end);
           end <= query.LastWindowEnd(partial.slice_end); end += spec.slide.count()) {
        if (partial.tag < end) {
          expected.emplace(end, end, partial.account);
        } else if (partial.tag < end + lateness) {
          expected.emplace(end + lateness, end, partial.account);
        }
      }
    }
    std::set<std::tuple<std::int64_t, std::int64_t, std::string>> fired;
    std::optional<Watermark> after;
    std::int64_t through = kDay0;
    for (int step = 0; step < 20; ++step) {
      through += *rc::gen::inRange<std::int64_t>(0, 3 * kMinute);
      if (step == 19) through = kDay0 + 100 * kMinute;
      Closing closing(world.queries, world.cells);
      closing.Begin(after, Watermark(through), std::nullopt);
      while (const Emission* emission = closing.Next()) {
        const bool is_new = fired
                                .emplace(emission->trigger.time, emission->trigger.window_end,
                                         std::string(emission->key.substr(3)))
                                .second;
        RC_ASSERT(is_new);
        RC_ASSERT(emission->trigger.time <= through);
        RC_ASSERT(!after || emission->trigger.time > after->value());
      }
      after = Watermark(through);
    }
    RC_ASSERT(fired == expected);
  }));
}

}  // namespace
}  // namespace tidemark
