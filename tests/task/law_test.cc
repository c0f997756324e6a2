// The property law of time (protocol 1): whatever the cuts, the batches, the interleaving of lanes
// and the restarts, the output is one and the same, and equal to a computation record by record
// over the whole input.
//
// The oracle knows windows, watermarks and lateness only as the protocol words them: no code of the
// engine is in it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "task/pipeline_fixture.h"

namespace tidemark {
namespace {

struct QueryShape {
  std::string name;
  std::int64_t size = 0;      // s
  std::int64_t slide = 0;     // s
  std::int64_t lateness = 0;  // s
};

struct InputEvent {
  std::int32_t partition = 0;
  Call call;
  std::int64_t timestamp = 0;
};

struct World {
  std::int32_t partitions = 1;
  std::uint32_t lanes = 1;
  std::uint32_t merges = 1;
  std::int64_t out_of_orderness = 0;  // s
  std::vector<QueryShape> queries;
  std::vector<InputEvent> input;  // in the order of each partition
};

using Rows = std::multiset<std::string>;
struct Output {
  std::map<std::string, Rows> rows;         // by query
  std::map<std::string, std::string> late;  // "partition@offset" -> queries
};

World DrawWorld(Random& random) {
  World world;
  world.partitions = static_cast<std::int32_t>(random.Between(1, 4));
  world.lanes = static_cast<std::uint32_t>(random.Between(1, world.partitions));
  world.merges = static_cast<std::uint32_t>(random.Between(1, 3));
  world.out_of_orderness = random.Between(0, 4);
  world.queries = {{"tumbling", 10, 10, 0},
                   {"tumbling_late", 10, 10, random.Between(1, 15)},
                   {"hopping", 12, 4, 0},
                   {"hopping_late", 10, 4, random.Between(1, 12)}};
  const std::int64_t events = random.Between(20, 200);
  for (std::int64_t i = 0; i < events; ++i) {
    const std::int64_t disorder =
        random.Below(4) == 0 ? random.Between(0, 40'000) : random.Between(0, 5'000);
    InputEvent event{.partition = static_cast<std::int32_t>(
                         random.Below(static_cast<std::uint64_t>(world.partitions)))};
    event.call = {.time = kDay0 + 100'000 + i * 500 - disorder,
                  .account = std::string(1, static_cast<char>('a' + random.Below(4))),
                  .connect_ms = random.Between(0, 1'000)};
    event.timestamp = event.call.time + random.Between(-2'000, 5'000);
    world.input.push_back(event);
  }
  for (std::int32_t p = 0; p < world.partitions; ++p) {
    const std::int64_t end = kDay0 + 3'600'000;
    world.input.push_back(
        {.partition = p, .call = {.time = end, .account = "sentinel"}, .timestamp = end});
  }
  return world;
}

// ---- the oracle ----

std::string TimeText(std::int64_t ms) {
  const std::int64_t s = (ms - kDay0) / 1'000;
  char text[32];
  std::snprintf(text, sizeof text, "2026-01-01T%02d:%02d:%02dZ", static_cast<int>(s / 3'600),
                static_cast<int>(s / 60 % 60), static_cast<int>(s % 60));
  return text;
}

struct Sum {
  std::int64_t calls = 0;
  std::int64_t ms = 0;
};

struct WindowKey {
  std::int64_t end = 0;
  std::string account;
  friend auto operator<=>(const WindowKey&, const WindowKey&) = default;
};

std::string RowText(const QueryShape& query, const WindowKey& key, const Sum& sum,
                    const char* finality, int revision) {
  return StrCat("{\"window_start\":\"", TimeText(key.end - query.size * 1'000),
                "\",\"window_end\":\"", TimeText(key.end), "\",\"account_sid\":\"", key.account,
                "\",\"calls\":", sum.calls, ",\"ms\":", sum.ms, ",\"finality\":\"", finality,
                "\",\"revision\":", revision, "}");
}

// Per window and key: what arrived before the window's end, and what after it but in time.
struct Contents {
  Sum on_time;
  Sum late_but_accepted;
};

class Oracle {
 public:
  explicit Oracle(const World& world) {
    std::map<std::int32_t, std::int64_t> offsets;
    std::map<std::int32_t, std::int64_t> largest;  // M_s
    for (const InputEvent& event : world.input) {
      const bool reported = largest.contains(event.partition);
      const std::int64_t before =
          reported ? largest[event.partition] - world.out_of_orderness * 1'000 : 0;
      const std::int64_t offset = offsets[event.partition]++;
      for (const QueryShape& query : world.queries) Judge(query, event, before, offset);
      std::int64_t& m = largest[event.partition];
      m = std::max(m, std::min(event.call.time, event.timestamp));
    }
    for (const QueryShape& query : world.queries) Publish(query);
  }
  const Output& output() const { return output_; }

 private:
  void Judge(const QueryShape& query, const InputEvent& event, std::int64_t before,
             std::int64_t offset) {
    bool accepted = false;
    for (std::int64_t end = kDay0; end <= kDay0 + 3'700'000; end += 1'000) {
      const std::int64_t start = end - query.size * 1'000;
      if (start % (query.slide * 1'000) != 0 || event.call.time < start || event.call.time >= end)
        continue;
      if (before >= end + query.lateness * 1'000) continue;
      accepted = true;
      Contents& contents = windows_[query.name][{end, event.call.account}];
      Sum& sum = before < end ? contents.on_time : contents.late_but_accepted;
      ++sum.calls;
      sum.ms += event.call.connect_ms;
    }
    if (accepted) return;
    std::string& queries = output_.late[StrCat(event.partition, "@", offset)];
    queries += (queries.empty() ? "" : ",") + query.name;
  }
  void Publish(const QueryShape& query) {
    Rows& rows = output_.rows[query.name];
    for (const auto& [key, contents] : windows_[query.name]) {
      if (key.account == "sentinel") continue;
      const Sum all{contents.on_time.calls + contents.late_but_accepted.calls,
                    contents.on_time.ms + contents.late_but_accepted.ms};
      if (query.lateness == 0) {
        rows.insert(RowText(query, key, all, "FINAL", 0));
        continue;
      }
      const bool on_time = contents.on_time.calls > 0;
      if (on_time) rows.insert(RowText(query, key, contents.on_time, "ON_TIME", 0));
      if (contents.late_but_accepted.calls > 0)
        rows.insert(RowText(query, key, all, "FINAL", on_time ? 1 : 0));
    }
  }

  std::map<std::string, std::map<WindowKey, Contents>> windows_;
  Output output_;
};

// ---- the engine ----

PipelineShape ShapeOf(const World& world, Random& schedule) {
  PipelineShape shape{.partitions = world.partitions, .lanes = world.lanes, .merges = world.merges};
  for (const QueryShape& query : world.queries) {
    shape.queries +=
        QueryYaml(query.name,
                  StrCat("SELECT account_sid, count(*) AS calls, sum(summary.connect_duration_ms) "
                         "AS ms FROM calls GROUP BY hop(size "
                         "=> '",
                         query.size, "s', slide => '", query.slide, "s'), account_sid"),
                  StrCat(query.lateness, "s"));
  }
  shape.source =
      StrCat(", watermark: {max_out_of_orderness: ", world.out_of_orderness, "s, idle_after: 1h}");
  shape.options.fetch.records = 1 + schedule.Below(60);
  return shape;
}

// Lets one call in five go on behind the caller's back, before or after its effect.
class PendingCalls final : public FaultHook {
 public:
  explicit PendingCalls(Random random) : random_(random) {}
  Fault Before(const LogCall&) override {
    const std::uint64_t dice = random_.Below(10);
    if (dice == 0) return {FaultKind::kPending};
    return {dice == 1 ? FaultKind::kPendingAfterEffect : FaultKind::kNone};
  }

 private:
  Random random_;
};

class Run {
 public:
  Run(const World& world, Random schedule)
      : world_(world),
        schedule_(schedule),
        pending_(schedule_.Fork()),
        fixture_(ShapeOf(world, schedule_)) {
    for (std::uint32_t lane = 0; lane < world.lanes; ++lane) fixture_.StartLane(lane);
    for (std::uint32_t merge = 0; merge < world.merges; ++merge) fixture_.StartMerge(merge);
    while (appended_ < world.input.size()) Act();
    // No transaction may time out while the lanes come to rest.
    for (std::uint32_t merge = 0; merge < world.merges; ++merge) Require(fixture_.StepMerge(merge));
    // What a fault left pending may take up a first round; a lane whose commits took long looks
    // every 2 s only.
    for (int round = 0; round < 3; ++round) {
      for (std::uint32_t lane = 0; lane < world.lanes; ++lane) Require(fixture_.RunLane(lane));
      fixture_.Advance(Duration(2'000));
    }
    for (int round = 0; round < 3; ++round) {
      for (std::uint32_t merge = 0; merge < world.merges; ++merge)
        Require(fixture_.RunMerge(merge));
    }
  }

  Output Collect() {
    Output output;
    for (const QueryShape& query : world_.queries) {
      Rows& rows = output.rows[query.name];
      for (const DumpedRecord& record : fixture_.Committed(query.name + "-results"))
        rows.insert(record.value.value());
    }
    for (const DumpedRecord& record : fixture_.Committed("voice.late")) {
      const std::string source =
          HeaderOf(record, "tidemark-source").value().substr(std::string("calls/").size());
      REQUIRE(output.late.emplace(source, HeaderOf(record, "tidemark-queries").value()).second);
    }
    return output;
  }

 private:
  static void Require(const StepResult& result) {
    INFO(result.reason);
    REQUIRE((result.outcome == StepOutcome::kIdle || result.outcome == StepOutcome::kWorked));
  }
  void Act() {
    const auto lane = static_cast<std::uint32_t>(schedule_.Below(world_.lanes));
    const auto merge = static_cast<std::uint32_t>(schedule_.Below(world_.merges));
    const std::uint64_t dice = schedule_.Below(100);
    if (dice < 35) return Append(schedule_.Below(20));
    if (dice < 80) return Step(lane, merge);
    if (dice < 95) return fixture_.Advance(Duration(schedule_.Between(1, 1'500)));
    if (dice < 98) return fixture_.StartLane(lane);
    fixture_.StartMerge(merge);
  }
  void Step(std::uint32_t lane, std::uint32_t merge) {
    const bool of_lane = schedule_.Below(2) == 0;
    fixture_.client().SetFaults(&pending_);
    const StepResult result = of_lane ? fixture_.StepLane(lane) : fixture_.StepMerge(merge);
    fixture_.client().SetFaults(nullptr);
    // After a rewind the host takes the task over again; a call that goes on is no reason for a
    // lane.
    if (of_lane || result.outcome != StepOutcome::kRewind) return Require(result);
    fixture_.StartMerge(merge);
  }
  void Append(std::uint64_t events) {
    for (; events > 0 && appended_ < world_.input.size(); --events, ++appended_) {
      const InputEvent& event = world_.input[appended_];
      fixture_.Append(event.partition, Encode(event.call), event.timestamp);
    }
  }

  const World& world_;
  Random schedule_;
  PendingCalls pending_;
  PipelineFixture fixture_;
  std::size_t appended_ = 0;
};

// What is in one and not in the other, for messages.
std::string Difference(const Output& engine, const Output& oracle) {
  std::string text;
  for (const auto& [query, rows] : oracle.rows) {
    const auto found = engine.rows.find(query);
    const Rows none;
    const Rows& others = found == engine.rows.end() ? none : found->second;
    std::vector<std::string> missing;
    std::vector<std::string> extra;
    std::set_difference(rows.begin(), rows.end(), others.begin(), others.end(),
                        std::back_inserter(missing));
    std::set_difference(others.begin(), others.end(), rows.begin(), rows.end(),
                        std::back_inserter(extra));
    for (const std::string& row : missing) text += query + " missing " + row + "\n";
    for (const std::string& row : extra) text += query + " extra   " + row + "\n";
  }
  for (const auto& [source, queries] : oracle.late) {
    const auto found = engine.late.find(source);
    const std::string other = found == engine.late.end() ? "nothing" : found->second;
    if (other != queries) text += "late " + source + ": " + other + " instead of " + queries + "\n";
  }
  for (const auto& [source, queries] : engine.late) {
    if (!oracle.late.contains(source))
      text += "late " + source + ": " + queries + " instead of nothing\n";
  }
  return text;
}

TEST_CASE("the output is a function of each partition's records alone, and equals the oracle's") {
  std::size_t rows = 0;
  std::size_t late = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    World world = DrawWorld(random);
    std::sort(world.queries.begin(), world.queries.end(),
              [](const QueryShape& a, const QueryShape& b) { return a.name < b.name; });
    const Oracle oracle(world);
    for (int run = 0; run < 2; ++run) {
      INFO("schedule " << run);
      const std::string difference =
          Difference(Run(world, random.Fork()).Collect(), oracle.output());
      INFO(difference);
      REQUIRE(difference.empty());
    }
    for (const auto& [query, of_query] : oracle.output().rows) rows += of_query.size();
    late += oracle.output().late.size();
  }
  // The worlds must hold what the law is about.
  CHECK(rows > 1'000);
  CHECK(late > 100);
}

}  // namespace
}  // namespace tidemark
