#include "task/burst.h"

#include <catch2/catch.hpp>
#include <deque>

#include "shuffle/progress.h"

namespace tidemark {
namespace {

// A producer that answers from a script and notes what it was told.
class ScriptedProducer final : public Producer {
 public:
  std::deque<LogError> begins, produces, commits;  // kNone when used up
  int end_requests = 1;
  std::vector<std::string> calls;

  LogStatus InitTransactions(Duration) override { return {}; }
  LogStatus Begin() override { return Note("begin", begins); }
  LogStatus Produce(const OutgoingRecord& record) override {
    return Note(std::string(record.topic) + "/" +
                    (record.partition ? std::to_string(record.partition->value()) : "by key") +
                    " " + std::string(record.value.value_or("null")),
                produces);
  }
  LogStatus Commit(Duration) override { return Note("commit", commits); }
  LogStatus Abort(Duration) override {
    calls.emplace_back("abort");
    return {};
  }
  int end_transaction_requests() const override { return end_requests; }

 private:
  LogStatus Note(const std::string& call, std::deque<LogError>& script) {
    LogStatus status;
    if (!script.empty()) {
      status.error = script.front();
      script.pop_front();
    }
    calls.push_back(call + (status.ok() ? "" : " -> " + std::string(LogErrorName(status.error))));
    return status;
  }
};

Burst::Targets Targets() {
  return {.shuffle = "shuffle",
          .late = "late",
          .dead_letter = "dead",
          .progress = "progress",
          .progress_partition = Partition(3),
          .shuffle_partitions = 2};
}

BurstContent Content() {
  BurstContent content;
  content.frames = {{"f0 part 0", "f0 part 1"}, {"f1"}};
  content.side_records = {
      {.kind = SideRecord::Kind::kLate, .key = "k", .value = "v", .headers = {}},
      {.kind = SideRecord::Kind::kDeadLetter, .value = "w", .headers = {}}};
  content.progress = "p";
  return content;
}

TEST_CASE(
    "a commit writes one frame to every partition, then side records, then progress, in one "
    "transaction") {
  ScriptedProducer producer;
  Burst burst(producer, Targets());
  CHECK(burst.Send(Content(), Duration(50)) == Burst::State::kIdle);
  CHECK(producer.calls == std::vector<std::string>{
                              "begin", "shuffle/0 f0 part 0", "shuffle/0 f0 part 1", "shuffle/1 f1",
                              "late/by key v", "dead/0 w", "progress/3 p", "commit"});
}

TEST_CASE("a pending call is repeated and nothing else happens on the producer meanwhile") {
  ScriptedProducer producer;
  producer.begins = {LogError::kPending};
  producer.produces = {LogError::kNone, LogError::kPending};
  producer.commits = {LogError::kPending, LogError::kPending};
  Burst burst(producer, Targets());
  CHECK(burst.Send(Content(), Duration(50)) == Burst::State::kBeginning);
  CHECK(burst.Continue(Duration(50)) == Burst::State::kProducing);
  CHECK(burst.Continue(Duration(50)) == Burst::State::kCommitting);
  CHECK(burst.Continue(Duration(50)) == Burst::State::kCommitting);
  CHECK(burst.Continue(Duration(50)) == Burst::State::kIdle);
  CHECK(producer.calls ==
        std::vector<std::string>{"begin -> PENDING", "begin", "shuffle/0 f0 part 0",
                                 "shuffle/0 f0 part 1 -> PENDING", "shuffle/0 f0 part 1",
                                 "shuffle/1 f1", "late/by key v", "dead/0 w", "progress/3 p",
                                 "commit -> PENDING", "commit -> PENDING", "commit"});
}

TEST_CASE("a commit that needed a second EndTxn request ends the task though it succeeded") {
  ScriptedProducer producer;
  producer.end_requests = 2;
  Burst burst(producer, Targets());
  CHECK(burst.Send(Content(), Duration(50)) == Burst::State::kEnded);
  CHECK(burst.end().outcome == StepOutcome::kRewind);
}

TEST_CASE(
    "a commit in doubt, fenced or to be aborted ends the task with a rewind and sends nothing "
    "more") {
  for (const LogError error : {LogError::kRetriable, LogError::kFatal, LogError::kFenced,
                               LogError::kAbortable, LogError::kConflict}) {
    ScriptedProducer producer;
    producer.commits = {error};
    Burst burst(producer, Targets());
    CHECK(burst.Send(Content(), Duration(50)) == Burst::State::kEnded);
    CHECK(burst.end().outcome == StepOutcome::kRewind);
    CHECK(producer.calls.back().starts_with("commit"));
  }
}

TEST_CASE("a record that no retry can mend halts, names its topic and aborts the transaction") {
  for (const LogError error : {LogError::kRecordTooLarge, LogError::kInvalidTimestamp,
                               LogError::kUnauthorized, LogError::kUnknownTopic}) {
    ScriptedProducer producer;
    producer.produces = {LogError::kNone, LogError::kNone, LogError::kNone, error};
    Burst burst(producer, Targets());
    CHECK(burst.Send(Content(), Duration(50)) == Burst::State::kEnded);
    CHECK(burst.end().outcome == StepOutcome::kHalted);
    CHECK(burst.end().reason.find("producing to late") != std::string::npos);
    CHECK(burst.end().reason.find(LogErrorName(error)) != std::string::npos);
    CHECK(producer.calls.back() == "abort");
  }
}

}  // namespace
}  // namespace tidemark
