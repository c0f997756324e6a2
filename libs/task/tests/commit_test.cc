#include "task/commit.h"

#include <catch2/catch.hpp>
#include <deque>

#include "task/tests/merge_fixture.h"

namespace tidemark {
namespace {

using Catch::Contains;

// Answers what it is told and remembers what it was asked.
class ScriptedProducer : public Producer {
 public:
  LogStatus InitTransactions(Duration) override { return {}; }
  LogStatus Begin() override {
    asked.push_back("begin");
    return Answer(begin);
  }
  LogStatus Produce(const OutgoingRecord& record) override {
    asked.push_back(std::string(record.topic) + " " + std::string(record.key.value_or("")));
    return Answer(produce);
  }
  LogStatus Commit(Duration) override {
    asked.push_back("commit");
    return Answer(commit);
  }
  LogStatus Abort(Duration) override { return {}; }
  int end_transaction_requests() const override { return ends; }

  static LogStatus Answer(std::deque<LogError>& script) {
    if (script.empty()) return {};
    const LogError error = script.front();
    script.pop_front();
    return {error, "scripted"};
  }

  std::deque<LogError> begin, produce, commit;
  std::vector<std::string> asked;
  int ends = 1;
};

struct World {
  World() {
    outbox.Add({.topic = "rows",
                .partition = Partition(0),
                .key = "r1",
                .value = "v",
                .headers = {},
                .query = "asr"});
    outbox.Add({.topic = "ledger",
                .partition = std::nullopt,
                .key = "l1",
                .value = "v",
                .headers = {},
                .query = "asr"});
    commit.Start(outbox, "progress");
  }
  Commit::Outcome Continue() { return commit.Continue(Duration(10)); }

  ScriptedProducer producer;
  std::shared_ptr<TaskContext> context = merge_fixture::Context({}, 1, 1, 1);
  Outbox outbox;
  Commit commit{producer, *context, ShufflePartition(0U)};
};

const std::string kProgress = "__tidemark.test.voice.abcd1234.progress p";
using Asked = std::vector<std::string>;

TEST_CASE("results come first and progress last, in one transaction") {
  World world;
  CHECK(world.Continue().state == Commit::State::kDone);
  CHECK(world.producer.asked == Asked{"begin", "rows r1", "ledger l1", kProgress, "commit"});
  CHECK_FALSE(world.commit.active());
}

TEST_CASE("a pending commit is asked again and nothing else is") {
  World world;
  world.producer.commit = {LogError::kPending, LogError::kPending};
  CHECK(world.Continue().state == Commit::State::kPending);
  CHECK(world.Continue().state == Commit::State::kPending);
  CHECK(world.commit.active());
  CHECK(world.Continue().state == Commit::State::kDone);
  CHECK(world.producer.asked ==
        Asked{"begin", "rows r1", "ledger l1", kProgress, "commit", "commit", "commit"});
}

TEST_CASE("a record that cannot be buffered now is tried again, those before it are not") {
  World world;
  world.producer.produce = {LogError::kNone, LogError::kRetriable};
  CHECK(world.Continue().state == Commit::State::kPending);
  CHECK(world.Continue().state == Commit::State::kDone);
  CHECK(world.producer.asked ==
        Asked{"begin", "rows r1", "ledger l1", "ledger l1", kProgress, "commit"});
}

TEST_CASE("a pending begin or produce is asked again") {
  World world;
  world.producer.begin = {LogError::kPending};
  world.producer.produce = {LogError::kPending};
  CHECK(world.Continue().state == Commit::State::kPending);
  CHECK(world.Continue().state == Commit::State::kPending);
  CHECK(world.Continue().state == Commit::State::kDone);
  CHECK(world.producer.asked ==
        Asked{"begin", "begin", "rows r1", "rows r1", "ledger l1", kProgress, "commit"});
}

TEST_CASE("a commit in doubt, fenced or abortable rewinds the task") {
  for (const LogError error : {LogError::kRetriable, LogError::kFatal, LogError::kFenced,
                               LogError::kAbortable, LogError::kConflict}) {
    World world;
    world.producer.commit = {error};
    CHECK(world.Continue().state == Commit::State::kRewind);
    CHECK_FALSE(world.commit.active());
  }
}

TEST_CASE("a record that no retry can mend halts, naming the query and the topic") {
  for (const LogError error : {LogError::kRecordTooLarge, LogError::kInvalidTimestamp,
                               LogError::kUnauthorized, LogError::kUnknownTopic}) {
    World world;
    world.producer.produce = {error};
    const Commit::Outcome outcome = world.Continue();
    CHECK(outcome.state == Commit::State::kHalt);
    CHECK_THAT(outcome.reason, Contains("query asr, topic rows"));
  }
  World world;
  world.producer.commit = {LogError::kRecordTooLarge};
  CHECK(world.Continue().state == Commit::State::kHalt);
}

TEST_CASE("a commit that took more than one EndTxn request renews the producer") {
  World world;
  world.producer.ends = 2;
  CHECK(world.Continue().state == Commit::State::kRewind);
}

}  // namespace
}  // namespace tidemark
