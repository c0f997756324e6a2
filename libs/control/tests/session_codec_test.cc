#include "control/session_codec.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "tidemark/control/v1/session.pb.h"

namespace tidemark {
namespace {

namespace pb = control::v1;

// Draws every field of every message, so that one that is forgotten by the codec shows.
struct Draw {
  Random random;

  std::string Text() {
    std::string text;
    for (std::uint64_t i = random.Below(6); i > 0; --i) {
      text.push_back(static_cast<char>('a' + static_cast<char>(random.Below(26))));
    }
    return text;
  }
  std::int64_t Number() {
    return static_cast<std::int64_t>(random.Next() >> (1 + random.Below(63)));
  }
  bool Maybe() { return random.Below(2) == 0; }
  Incarnation Name() { return Incarnation::FromBits(random.Next()); }
  std::optional<Watermark> Mark() {
    return Maybe() ? std::optional(Watermark(Number() - 1'000)) : std::nullopt;
  }
  WorkerIdentity Worker() { return {"w" + Text(), Name()}; }
  TaskAddress Task() {
    const auto index = static_cast<std::uint32_t>(random.Below(1'000));
    return {"p" + Text(), Name(),
            Maybe() ? TaskId::Of(Lane(index)) : TaskId::Of(ShufflePartition(index))};
  }
  Savepoint Point() {
    Savepoint point{.next_frame = Offset(Number()), .largest_append_time = Number()};
    point.combined = Mark();
    point.counts[InstanceId(3U)] = {random.Below(100), random.Below(100), random.Below(100)};
    return point;
  }
  TaskReport Report() {
    TaskReport report{.task = Task(),
                      .epoch = OwnerEpoch(random.Next()),
                      .state = static_cast<TaskState>(random.Below(7)),
                      .reason = Text()};
    if (Maybe()) report.committed_replay_point = Point();
    for (std::uint64_t i = random.Below(3); i > 0; --i) {
      report.sources.push_back({SourceOrdinal(static_cast<std::uint32_t>(random.Below(99))), Text(),
                                Offset(Number()), Offset(Number()), Mark()});
    }
    if (Maybe()) {
      report.merge =
          MergeReport{Mark(), random.Unit(), random.Next(), random.Next(), random.Next()};
    }
    return report;
  }
  Upward Up() {
    if (Maybe()) {
      return Hello{Worker(), Text(), static_cast<std::uint32_t>(random.Below(9))};
    }
    Heartbeat heartbeat{Worker(), static_cast<Heartbeat::Phase>(random.Below(4)), {}, Text()};
    for (std::uint64_t i = random.Below(4); i > 0; --i) heartbeat.tasks.push_back(Report());
    return heartbeat;
  }
  PipelineDefinition Pipeline(std::string name) {
    PipelineDefinition pipeline{.name = std::move(name),
                                .incarnation = Name(),
                                .version = PlanVersion(random.Next()),
                                .state = static_cast<PipelineState>(random.Below(4)),
                                .reason = Text(),
                                .text = Text()};
    for (std::uint64_t i = random.Below(3); i > 0; --i) {
      pipeline.sources.push_back({Text(), Partition(static_cast<std::int32_t>(i))});
      pipeline.start_offsets.push_back(Offset(Number()));
    }
    if (Maybe()) pipeline.start_time = EventTime(Number());
    pipeline.lanes = static_cast<std::uint32_t>(random.Below(16));
    pipeline.merges = static_cast<std::uint32_t>(random.Below(16));
    pipeline.sink_partitions["rows"] = static_cast<std::int32_t>(random.Below(99));
    return pipeline;
  }
  AssignmentSnapshot Snapshot() {
    AssignmentSnapshot snapshot{.term = Term(random.Next()), .at = Offset(Number())};
    for (std::uint64_t i = random.Below(3); i > 0; --i) {
      snapshot.tasks.push_back({Task(), OwnerEpoch(random.Next()), PlanVersion(random.Next())});
      const std::string name = "p" + Text();
      snapshot.pipelines[name] = std::make_shared<const PipelineDefinition>(Pipeline(name));
    }
    return snapshot;
  }
};

TEST_CASE("what a worker says comes back as it was, every field of it") {
  REQUIRE(rc::check([](std::uint64_t seed) {
    const Upward said = Draw{Random(seed)}.Up();
    const std::string bytes = ToProto(said).SerializeAsString();
    pb::WorkerMessage message;
    RC_ASSERT(message.ParseFromString(bytes));
    const auto heard = FromProto(message);
    RC_ASSERT(heard.ok());
    RC_ASSERT(heard.value() == said);
  }));
}

TEST_CASE("an assignment comes back as it was, with its pipelines") {
  REQUIRE(rc::check([](std::uint64_t seed) {
    const AssignmentSnapshot said = Draw{Random(seed)}.Snapshot();
    pb::CoordinatorMessage message;
    RC_ASSERT(message.ParseFromString(ToProto(DownwardContent(said)).SerializeAsString()));
    const auto heard = FromProto(message);
    RC_ASSERT(heard.ok());
    const auto& snapshot = std::get<AssignmentSnapshot>(heard.value());
    RC_ASSERT(snapshot.term == said.term);
    RC_ASSERT(snapshot.at == said.at);
    RC_ASSERT(snapshot.tasks == said.tasks);
    RC_ASSERT(snapshot.pipelines.size() == said.pipelines.size());
    for (const auto& [name, pipeline] : said.pipelines) {
      RC_ASSERT(*snapshot.pipelines.at(name) == *pipeline);
    }
  }));
}

template <class Content>
Term TermAfterTheWire(Content content) {
  const auto heard = FromProto(ToProto(DownwardContent(content)));
  REQUIRE(heard.ok());
  REQUIRE(std::holds_alternative<Content>(heard.value()));
  return std::get<Content>(heard.value()).term;
}

TEST_CASE("the short messages keep their kind and their term") {
  CHECK(TermAfterTheWire(Welcome{Term(7U)}) == Term(7U));
  CHECK(TermAfterTheWire(WhoAreYou{Term(8U)}) == Term(8U));
  CHECK(TermAfterTheWire(Replaced{Term(9U)}) == Term(9U));
}

TEST_CASE("messages that are not well formed are refused, whatever is wrong with them") {
  CHECK_FALSE(FromProto(pb::WorkerMessage()).ok());
  CHECK_FALSE(FromProto(pb::CoordinatorMessage()).ok());
  pb::WorkerMessage nobody;
  nobody.mutable_hello();
  CHECK_FALSE(FromProto(nobody).ok());
  Draw draw{Random(5)};
  pb::WorkerMessage strange = ToProto(Heartbeat{draw.Worker(), {}, {draw.Report()}, "here"});
  SECTION("a phase of the future") {
    strange.mutable_heartbeat()->set_phase(static_cast<pb::WorkerPhase>(77));
  }
  SECTION("a state of the future") {
    strange.mutable_heartbeat()->mutable_tasks(0)->set_state(static_cast<pb::TaskState>(77));
  }
  SECTION("a task that is none") {
    strange.mutable_heartbeat()->mutable_tasks(0)->mutable_task()->set_task("lane-x");
  }
  SECTION("a replay point that is none") {
    strange.mutable_heartbeat()->mutable_tasks(0)->set_replay_point("TMxx");
  }
  SECTION("an incarnation that is none") {
    strange.mutable_heartbeat()->mutable_worker()->set_incarnation("short");
  }
  CHECK_FALSE(FromProto(strange).ok());
}

TEST_CASE("bytes cut or changed anywhere are refused or another message, never a crash") {
  REQUIRE(rc::check([](std::uint64_t seed) {
    Draw draw{Random(seed)};
    std::string bytes = ToProto(DownwardContent(draw.Snapshot())).SerializeAsString();
    if (bytes.empty()) return;
    bytes[draw.random.Below(bytes.size())] ^= static_cast<char>(1 + draw.random.Below(255));
    bytes.resize(bytes.size() - draw.random.Below(std::min<std::size_t>(bytes.size(), 4)));
    pb::CoordinatorMessage message;
    if (message.ParseFromString(bytes)) (void)FromProto(message);
  }));
}

}  // namespace
}  // namespace tidemark
