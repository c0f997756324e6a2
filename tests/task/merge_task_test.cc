#include "task/merge_task.h"

#include <catch2/catch.hpp>

#include "merge_frames.h"
#include "merge_host.h"
#include "merge_world.h"
#include "task/restore.h"

namespace tidemark {
namespace {

using Catch::Contains;
using merge_fixture::CountAndSum;
using merge_fixture::HeaderOf;
using merge_fixture::Hop;
using merge_fixture::kDay0;
using merge_fixture::kMinute;
using merge_fixture::Partial;
using merge_fixture::SectionOf;
using merge_fixture::Tumble;
using merge_frames::Frames;
using merge_frames::kOne;
using merge_frames::OneQuery;
using merge_frames::P;
using merge_frames::Rest;
using merge_frames::Walk;
using merge_world::Sent;

// Tumble and hop, lateness 0 and greater, every kind of sink, two lanes over three sources.
std::shared_ptr<TaskContext> ManyQueries(std::uint32_t merges = 1) {
  QueryPlan both = CountAndSum("both", 4, Tumble(kMinute), kMinute / 2);
  both.sinks.push_back({"both-final", SinkPlan::Revisions::kFinal});
  return merge_fixture::Context(
      {CountAndSum("tumble", 1, Tumble(kMinute), 0),
       CountAndSum("hop", 2, Hop(3 * kMinute, kMinute), 0),
       CountAndSum("hop-late", 3, Hop(2 * kMinute, kMinute), 2 * kMinute), both},
      3, 2, merges);
}

TEST_CASE("a closed window is published with its ledger record and progress") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  host.Append(frames.Next(kDay0 + 30'000, {P(kMinute, "a", {5, 6}), P(kMinute, "b", {1})})[0]);
  host.Append(frames.Next(kDay0 + 59'999, {P(kMinute, "a", {7}), P(2 * kMinute, "a", {9})})[0]);
  host.Start({});
  Rest(host);
  CHECK(host.Rows().empty());
  host.Append(frames.Next(kDay0 + 60'000)[0]);
  Rest(host);
  const std::string window =
      R"({"window_start":"2026-01-01T00:00:00Z","window_end":"2026-01-01T00:01:00Z","account":)";
  CHECK(host.Rows() ==
        std::multiset<std::string>{
            "q " + window + R"("a","calls":3,"total":18,"finality":"FINAL","revision":0})",
            "q " + window + R"("b","calls":1,"total":1,"finality":"FINAL","revision":0})"});
  CHECK(
      host.Ledger().at(R"({"query":"q","partition":0})") ==
      R"({"closed_through":"2026-01-01T00:01:00Z","final_through":"2026-01-01T00:01:00Z","rows":2})");
  CHECK_THAT(host.Ledger().at(R"({"query":"q","topic":"calls","partition":0})"),
             Contains(R"("offset":30)"));
  const MergeProgress progress = host.Progress();
  CHECK(progress.commit_point.combined == Watermark(kDay0 + 60'000));
  CHECK(progress.commit_point.counts.at(kOne) == InstanceCounts{5, 4, 2});
  CHECK(host.task().Status().open_cells == 1);
  // The open window was first fed by the frame at offset 1.
  CHECK(progress.replay_point.next_frame <= Offset(std::int64_t{1}));
}

TEST_CASE("without output progress is committed every interval, and not without frames") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  host.Start({});
  host.Append(frames.Next(kDay0)[0]);
  Rest(host);
  const std::uint64_t commits = host.task().Status().commits;
  CHECK(commits <= 2);
  for (int step = 0; step < 10'000; ++step) Walk(host);
  CHECK(host.task().Status().commits <= commits + 1);
}

StepResult RunWith(const std::shared_ptr<TaskContext>& context,
                   const std::vector<std::string>& frames) {
  MergeHost host(context);
  for (const std::string& frame : frames) host.Append(frame);
  host.Start({});
  return host.RunUntilQuiet();
}

TEST_CASE(
    "gaps, overlaps, lower sequences, older epochs and fired partials halt; nothing is published "
    "after") {
  const auto context = OneQuery();
  const auto frame = [&](std::uint64_t sequence, std::int64_t from, std::int64_t to,
                         std::uint64_t epoch) {
    FrameHeader header = HeaderOf(0, sequence, {SectionOf(0, from, to, kDay0 + 10 * kMinute)});
    header.epoch = OwnerEpoch(epoch);
    return merge_fixture::FrameOf(*context->plan, header, {})[0];
  };
  const std::string first = frame(1, 0, 10, 2);
  const std::string second = frame(2, 10, 20, 2);
  CHECK(RunWith(context, {first, second}).outcome == StepOutcome::kIdle);
  CHECK(RunWith(context, {first, second, second}).outcome == StepOutcome::kIdle);
  for (const std::string& wrong :
       {frame(4, 20, 30, 2), frame(3, 21, 30, 2), frame(3, 19, 30, 2), frame(1, 20, 30, 2),
        frame(2, 20, 30, 2), frame(3, 20, 30, 1), first, std::string("garbage")}) {
    const StepResult result = RunWith(context, {first, second, wrong});
    CHECK(result.outcome == StepOutcome::kHalted);
    CHECK_THAT(result.reason, Contains("merge-0 of voice") && Contains("offset 2"));
  }
  FrameHeader header = HeaderOf(0, 3, {SectionOf(0, 20, 30, kDay0 + 11 * kMinute)});
  header.epoch = OwnerEpoch(std::uint64_t{2});
  const auto late = merge_fixture::FrameOf(*context->plan, header, {P(10 * kMinute, "a", {1})});
  CHECK_THAT(RunWith(context, {first, second, late[0]}).reason, Contains("which has fired"));
}

TEST_CASE("an exact duplicate is dropped and counted, its partials are not merged again") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  const auto frame = frames.Next(kDay0, {P(kMinute, "a", {5})});
  host.Append(frame[0]);
  host.Append(frame[0]);
  host.Append(frames.Next(kDay0 + kMinute)[0]);
  host.Start({});
  Rest(host);
  CHECK(host.task().Status().duplicate_frames == 1);
  REQUIRE(host.Rows().size() == 1);
  CHECK_THAT(*host.Rows().begin(), Contains(R"("calls":1,"total":5)"));
}

TEST_CASE("nothing is committed and nothing fires while a lane stands between parts") {
  const auto context = merge_fixture::Context({CountAndSum("q", 1, Tumble(kMinute), 0)}, 2, 2, 1);
  const auto frame = [&](std::uint32_t lane, std::uint64_t sequence, std::int64_t watermark,
                         const std::vector<Partial>& partials, std::uint32_t part,
                         std::uint32_t parts) {
    // A frame in parts, each written as a whole one whose header says otherwise.
    FrameHeader header = HeaderOf(lane, sequence, {SectionOf(lane, 0, 0, watermark)});
    std::string bytes = merge_fixture::FrameOf(*context->plan, header, partials)[0];
    // Magic, version, flags, incarnation; then one byte each: plan version, lane, sequence, epoch,
    // part, parts.
    bytes[14 + 4] = static_cast<char>(part);
    bytes[14 + 5] = static_cast<char>(parts);
    return bytes;
  };
  MergeHost host(context);
  host.Append(frame(0, 1, kDay0, {P(kMinute, "a", {1})}, 0, 1));
  host.Append(frame(1, 1, kDay0 + kMinute, {P(kMinute, "a", {2})}, 0, 1));
  host.Append(frame(1, 2, kDay0 + 2 * kMinute, {P(2 * kMinute, "a", {4})}, 0, 2));
  // The first window is due now, by what lane 1 told before.
  host.Append(frame(0, 2, kDay0 + 2 * kMinute, {P(kMinute, "a", {8})}, 0, 1));
  MergeTaskOptions options;
  options.close_records = 1;
  host.Start(options);
  for (int step = 0; step < 2'000; ++step) REQUIRE(host.Step().outcome != StepOutcome::kHalted);
  CHECK(host.task().Status().next_frame == Offset(std::int64_t{4}));
  CHECK(host.Rows().empty());
  CHECK(host.task().Status().commits == 0);
  host.Append(frame(1, 2, kDay0 + 2 * kMinute, {P(2 * kMinute, "a", {16})}, 1, 2));
  Rest(host);
  REQUIRE(host.Rows().size() == 2);
  CHECK_THAT(*host.Rows().begin(), Contains(R"("calls":3,"total":11)"));
  CHECK_THAT(*host.Rows().rbegin(), Contains(R"("calls":2,"total":20)"));
}

TEST_CASE("a torn frame, continued by the next one, halts before anything of it is published") {
  const auto context = OneQuery();
  std::string torn =
      merge_fixture::FrameOf(*context->plan, HeaderOf(0, 1, {SectionOf(0, 0, 9, kDay0 + kMinute)}),
                             {P(kMinute, "a", {1})})[0];
  torn[14 + 5] = 2;
  const std::string next = merge_fixture::FrameOf(
      *context->plan, HeaderOf(0, 2, {SectionOf(0, 9, 10, kDay0 + kMinute)}), {})[0];
  CHECK_THAT(RunWith(context, {torn, next}).reason, Contains("not the next one"));
  CHECK_THAT(RunWith(context, {torn, torn}).reason, Contains("part 1 is expected"));
}

TEST_CASE("a task above its memory is halted, naming its queries and cells") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  for (int i = 0; i < 200; ++i) {
    std::vector<Partial> partials;
    for (int k = 0; k < 50; ++k)
      partials.push_back(P(kMinute, "account " + std::to_string(50 * i + k), {1}));
    host.Append(frames.Next(kDay0, partials)[0]);
  }
  MergeTaskOptions options;
  options.memory_bytes = 300'000;
  host.Start(options);
  const StepResult result = host.RunUntilQuiet();
  CHECK(result.outcome == StepOutcome::kHalted);
  CHECK_THAT(result.reason, Contains("of 300000") && Contains("q (") && Contains("cells)"));
  CHECK(host.task().Status().state_bytes < 400'000);
}

// How often and in which way the task dies while it works through a world.
struct Trial {
  std::size_t close_records = 10'000;
  enum class Disk { kNone, kKept, kLost, kOld } disk = Disk::kNone;
  bool dies = false;
};

// What became of it.
struct Story {
  std::uint64_t deaths = 0;
  std::uint64_t restored_from_store = 0;
  std::uint64_t moved_replay_points =
      0;  // lives that began after the log's beginning, in the middle of open windows
};

std::string NameOf(const Trial& trial) {
  return "close_records " + std::to_string(trial.close_records) + ", disk " +
         std::to_string(static_cast<int>(trial.disk)) + (trial.dies ? ", dies" : "");
}

// Runs the task over the frames to the end. If it dies, then after each commit, some steps later,
// and now and then before any commit.
void RunLives(MergeHost& host, const Trial& trial, Random& random, Story& story) {
  MergeTaskOptions options;
  options.close_records = trial.close_records;
  options.checkpoint_interval = Duration(0);
  options.checkpoint_chunk_cells = 1 + random.Below(16);
  options.fetch.records = 1 + random.Below(2);
  options.savepoint_ring = 4 + random.Below(8);
  options.commit_interval = Duration(20);
  MemoryCellStores disk;
  std::optional<MemoryCellStores::Snapshot> old;
  const Offset end = host.End();
  for (int life = 0; life < 5'000; ++life) {
    host.Start(options, trial.disk == Trial::Disk::kNone ? nullptr : &disk);
    if (!trial.dies) {
      const StepResult result = host.RunUntilQuiet();
      INFO(result.reason);
      REQUIRE(result.outcome == StepOutcome::kIdle);
      return;
    }
    const std::uint64_t commits = random.Below(4) == 0 ? 0 : 1;
    std::uint64_t steps = random.Below(3) == 0 ? random.Below(150) : random.Below(20);
    while (host.task().Status().commits < commits || steps > 0) {
      const StepResult result = host.Step();
      INFO(result.reason);
      REQUIRE(result.outcome != StepOutcome::kHalted);
      REQUIRE(result.outcome != StepOutcome::kRewind);
      if (host.task().Status().commits >= commits && steps > 0) --steps;
      const bool done =
          host.task().committed().commit_point.next_frame == end && !host.task().committed().cursor;
      if (done && result.outcome == StepOutcome::kIdle) return;
    }
    if (!old && random.Below(6) == 0) old = disk.Save();
    ++story.deaths;
    if (host.task().Status().restored_from_store) ++story.restored_from_store;
    const MergeProgress progress = host.Progress();
    const auto& received = progress.replay_point.counts;
    const bool open = std::any_of(received.begin(), received.end(), [](const auto& count) {
      return count.second.received > count.second.settled;
    });
    if (open && progress.replay_point.next_frame < progress.commit_point.next_frame)
      ++story.moved_replay_points;
    host.Kill();
    disk.Kill(random.Below(4));
    if (trial.disk == Trial::Disk::kLost) disk.Lose();
    if (trial.disk == Trial::Disk::kOld && old && random.Below(2) == 0) disk.Restore(*old);
  }
  FAIL("the task did not come to its end");
}

std::multiset<std::string> Missing(const std::multiset<std::string>& a,
                                   const std::multiset<std::string>& b) {
  std::multiset<std::string> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

// Draws a world and its frames, runs the task over them as `trial` says, and compares with the
// oracle.
Story CheckWorld(std::uint64_t seed, const Trial& trial, std::uint32_t merges = 1) {
  Story story;
  INFO("seed " << seed << ", " << NameOf(trial));
  const auto context = ManyQueries(merges);
  Random random(seed);
  Random cuts = random.Fork();
  const auto records = merge_world::DrawRecords(random, 3, 250);
  std::multiset<std::string> published;
  for (std::uint32_t merge = 0; merge < merges; ++merge) {
    MergeHost host(context, ShufflePartition(merge));
    for (const Sent& sent :
         merge_world::Lanes(*context, records, ShufflePartition(merge)).Draw(cuts)) {
      if (cuts.Below(5) == 0) host.AppendAborted("garbage");
      for (const std::string& part : sent.parts) host.Append(part);
    }
    RunLives(host, trial, cuts, story);
    published.merge(host.Rows());
    const MergeProgress progress = host.Progress();
    for (const auto& [instance, counts] : progress.commit_point.counts)
      CHECK(counts.received == counts.settled);
    CHECK(progress.replay_point.next_frame == progress.commit_point.next_frame);
    std::uint64_t rows = 0;
    for (const auto& [instance, counts] : progress.commit_point.counts) rows += counts.rows;
    CHECK(rows == host.Rows().size());
  }
  const std::multiset<std::string> expected = merge_world::Oracle(*context->plan, records);
  REQUIRE(expected.size() > 100);
  CHECK(Missing(expected, published) == std::multiset<std::string>{});
  CHECK(Missing(published, expected) == std::multiset<std::string>{});
  return story;
}

TEST_CASE("whatever the cuts and interleavings, the rows are the oracle's") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) CheckWorld(seed, {});
}

TEST_CASE("the rows do not depend on the number of shuffle partitions") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) CheckWorld(seed, {}, 3);
}

TEST_CASE("a closing cut at any number of records publishes the same rows, each once") {
  for (std::size_t close_records = 1; close_records <= 24; ++close_records) {
    CheckWorld(100 + close_records, {.close_records = close_records});
  }
}

TEST_CASE("a task that dies at any commit goes on from the shuffle log alone") {
  std::uint64_t moved = 0;
  for (std::uint64_t seed = 200; seed < 208; ++seed) {
    const Story story =
        CheckWorld(seed, {.close_records = 1 + seed % 8, .disk = Trial::Disk::kNone, .dies = true});
    CHECK(story.deaths > 2);
    moved += story.moved_replay_points;
  }
  CHECK(moved > 0);
}

TEST_CASE("a task that dies at any commit goes on from its checkpoint") {
  for (std::uint64_t seed = 300; seed < 308; ++seed) {
    const Story story =
        CheckWorld(seed, {.close_records = 1 + seed % 8, .disk = Trial::Disk::kKept, .dies = true});
    CHECK(story.deaths > 2);
    CHECK(story.restored_from_store > 0);
  }
}

TEST_CASE("a lost disk and one that comes back old change nothing") {
  for (std::uint64_t seed = 400; seed < 406; ++seed) {
    CheckWorld(seed, {.close_records = 1 + seed % 8, .disk = Trial::Disk::kLost, .dies = true});
    CheckWorld(seed, {.close_records = 1 + seed % 8, .disk = Trial::Disk::kOld, .dies = true});
  }
}

TEST_CASE(
    "a restart from a checkpoint reads it, and a drained task leaves one that needs no replay") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  for (int i = 0; i < 50; ++i)
    host.Append(frames.Next(kDay0 + i, {P(kMinute, "a", {1}), P(kMinute, "b", {1})})[0]);
  MemoryCellStores disk;
  host.Start({}, &disk);
  Rest(host);
  host.task().Drain();
  for (int step = 0; step < 100 && !host.task().Drained(); ++step) Walk(host);
  REQUIRE(host.task().Drained());
  CHECK(host.task().Status().checkpoints > 0);
  host.Kill();
  host.Start({}, &disk);
  Walk(host);
  CHECK(host.task().Status().restored_from_store);
  CHECK(host.task().Status().phase == MergeTaskStatus::Phase::kRunning);
  CHECK(host.task().Status().open_cells == 2);
  CHECK(host.task().Status().replay_from == host.task().committed().commit_point.next_frame);
  CHECK(host.task().Status().counts.at(kOne) == InstanceCounts{100, 0, 0});
  host.Append(frames.Next(kDay0 + kMinute)[0]);
  Rest(host);
  CHECK(host.Rows().size() == 2);
}

TEST_CASE("a large checkpoint is loaded in steps, and the replay begins where it ends") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  std::vector<Partial> partials;
  for (std::size_t i = 0; i <= Restore::kCellsPerStep; ++i)
    partials.push_back(P(kMinute, "k" + std::to_string(i), {1}));
  host.Append(frames.Next(kDay0, partials)[0]);
  MemoryCellStores disk;
  host.Start({}, &disk);
  Rest(host);
  host.task().Drain();
  for (int step = 0; step < 100 && !host.task().Drained(); ++step) Walk(host);
  REQUIRE(host.task().Drained());
  host.Kill();
  host.Start({}, &disk);
  Walk(host);
  CHECK(host.task().Status().phase == MergeTaskStatus::Phase::kReplaying);
  CHECK(host.task().Status().replay_from == Offset());
  Walk(host);
  CHECK(host.task().Status().phase == MergeTaskStatus::Phase::kRunning);
  CHECK(host.task().Status().replay_from == host.task().committed().commit_point.next_frame);
  CHECK(host.task().Status().open_cells == partials.size());
}

TEST_CASE("what an unusable store held does not come back with a later checkpoint") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  MemoryCellStores disk;
  const auto live = [&] {
    host.Start({}, &disk);
    Rest(host);
    host.task().Drain();
    for (int step = 0; step < 100 && !host.task().Drained(); ++step) Walk(host);
    CHECK(host.task().Status().checkpoints > 0);
  };
  const auto die = [&] {
    host.Kill();
    disk.Kill();
  };
  host.Append(frames.Next(kDay0, {P(kMinute, "a", {1}), P(kMinute, "b", {1})})[0]);
  live();
  die();
  const MemoryCellStores::Snapshot old = disk.Save();
  // The first window closes, and after a commit the second one opens: the old mark lies before the
  // replay point.
  host.Append(frames.Next(kDay0 + kMinute)[0]);
  live();
  host.Append(frames.Next(kDay0 + kMinute, {P(2 * kMinute, "a", {1})})[0]);
  die();
  live();
  die();
  disk.Restore(old);
  live();
  CHECK_FALSE(host.task().Status().restored_from_store);
  die();
  host.Start({}, &disk);
  Walk(host);
  CHECK(host.task().Status().restored_from_store);
  CHECK(host.task().Status().open_cells == 1);
}

TEST_CASE("a replay that does not come out as recorded halts") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  host.Append(frames.Next(kDay0, {P(kMinute, "a", {1})})[0]);
  host.Start({});
  Rest(host);
  host.Kill();
  MergeProgress progress = host.Progress();
  const auto restart = [&](const MergeProgress& recorded) {
    const auto client = host.log().NewClient("worker");
    const auto producer = client->NewProducer({.transactional_id = "other"});
    REQUIRE(producer->InitTransactions(Duration(1'000)).ok());
    MergeTask task({client.get(), producer.get(), nullptr, context}, ShufflePartition(0U), recorded,
                   {});
    StepResult result;
    for (int step = 0; step < 10 && result.outcome != StepOutcome::kHalted; ++step) {
      result = task.Step(MonotonicTime(step));
    }
    return result;
  };
  CHECK(restart(progress).outcome != StepOutcome::kHalted);
  MergeProgress wrong = progress;
  wrong.commit_point.counts[kOne].received += 1;
  CHECK_THAT(restart(wrong).reason, Contains("received 1") && Contains("received 2"));
  wrong = progress;
  wrong.commit_point.combined = Watermark(kDay0 + 1);
  CHECK_THAT(restart(wrong).reason, Contains("watermark"));
  wrong = progress;
  wrong.commit_point.sources[0].to = Offset(std::int64_t{11});
  CHECK_THAT(restart(wrong).reason, Contains("sources"));
}

TEST_CASE("a replay point below the log start halts with the reason") {
  const auto context = OneQuery();
  MergeHost host(context);
  Frames frames(*context);
  for (int i = 0; i < 5; ++i) host.Append(frames.Next(kDay0 + i, {P(kMinute, "a", {1})})[0]);
  host.Start({});
  Rest(host);
  host.Kill();
  const auto admin = host.log().NewClient("admin")->NewAdmin();
  REQUIRE(admin->DeleteRecords(host.Shuffle(), Offset(std::int64_t{3}), Duration(1'000)).ok());
  host.Start({});
  const StepResult result = host.RunUntilQuiet();
  CHECK(result.outcome == StepOutcome::kHalted);
  CHECK_THAT(result.reason, Contains("are gone from the shuffle topic"));
}

}  // namespace
}  // namespace tidemark
